"""Tables of other programs as samples: one reader per kind of file, careful guesses, every number as it is written.

``kinds`` opens a file, ``guess`` says how its text is written, ``columns`` reads all of it, ``roles`` says what each
column is for, and ``sampling`` makes samples of them.
"""
