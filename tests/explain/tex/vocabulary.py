"""The control words of LaTeX and amsmath that a formula of ours may use, by what they do."""


def names(text: str) -> frozenset[str]:
    """Return control words by their names."""
    return frozenset("\\" + one for one in text.split())


GREEK = names(
    """alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta kappa lambda mu nu xi pi rho sigma tau phi
    varphi chi psi omega Gamma Delta Theta Lambda Phi Psi Sigma Omega"""
)
DELIMITERS = names("{ } | vert Vert lvert rvert lVert rVert langle rangle lfloor rfloor lceil rceil lbrace rbrace") | {
    *"()[]|/.<>"
}
SYMBOLS = (
    GREEK
    | (DELIMITERS - {*"()[]|/.<>"})
    | names(
        r"""ell partial nabla infty ldots cdots dots vdots ddots prime top odot otimes cdot times pm mp div circ ast
        sum prod int leq geq le ge neq ne approx equiv sim simeq propto leftarrow rightarrow gets to mapsto Rightarrow
        Leftarrow in mid _ % & # $ exp ln log sin cos tan arctan tanh sinh cosh max min lim det Pr forall exists colon
        big Big bigl bigr Bigl Bigr star bullet"""
    )
)
"""Without an argument; they make something to be seen."""
SPACES = names(", ; : ! / quad qquad displaystyle textstyle limits nolimits nonumber relax") | {"\\ "}
ARGUMENTS = dict.fromkeys(names("frac dfrac tfrac binom overset underset"), 2) | dict.fromkeys(
    names(
        """sqrt hat bar tilde dot ddot vec widehat widetilde overline underline mathrm mathbf mathit mathsf mathcal
        boldsymbol operatorname underbrace overbrace phantom hphantom vphantom boxed"""
    ),
    1,
)
"""How many arguments in mathematics a control word takes."""
WORDS = names("text textrm textbf textit mbox")
"""With one argument, in text."""
LENGTHS = names("hspace hspace* vspace vspace*")
ENVIRONMENTS = frozenset(
    one.removeprefix("\\")
    for one in names("cases matrix pmatrix bmatrix vmatrix aligned alignedat gathered split array smallmatrix")
)
