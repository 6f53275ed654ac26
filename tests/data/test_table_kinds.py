"""Tables as people bring them, by the kinds of trouble they have: each is read with the right numbers."""

from dataclasses import dataclass

import pytest

from tests.tabling import names, read, roles_of, whole

XOR = ([[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]])


@dataclass(frozen=True)
class Case:
    """A table, its first row's inputs and targets, roles by their first letters, and how many samples there are."""

    content: str | bytes
    inputs: list[float]
    targets: list[float]
    roles: str
    samples: int


MARKS = {
    "semicolon, decimal comma": Case("x;y\n0,1;0,01\n0,2;0,04\n0,3;0,09\n", [0.1], [0.01], "it", 3),
    "semicolon, decimal comma, one row": Case("x;y\n0,1;0,01\n", [0.1], [0.01], "it", 1),
    "tab, decimal comma, class, no header": Case(
        "3,7000\t8,48\t1\n3,8000\t8,37\t0\n3,9\t8,2\t1\n4,0\t8,1\t0\n", [3.7, 8.48], [0, 1], "iic", 4
    ),
    "blanks, decimal comma": Case("0,1 2,5 1,5\n0,2 200,5 2,5\n", [0.1, 2.5], [1.5], "iit", 2),
    "bar": Case("a|b|t\n1.5|2|0\n3|4|1\n", [1.5, 2], [0], "iit", 2),
    "quoted decimal commas between commas": Case('a,t\n"1,5","0,25"\n"2,5","0,5"\n', [1.5], [0.25], "it", 2),
    "thousands with commas": Case(
        "area\tn\tprice\n1,200\t3\t250,000\n980\t2\t199,900\n", [1200, 3], [250000], "iit", 2
    ),
    "thousands with commas in quotes": Case('a,p\n"1,200",3.5\n"12,000,000",4\n', [1200], [3.5], "it", 2),
    "thousands with points": Case("a;n;p\n1.200;3;250.000\n2.150;4;410.500\n", [1200, 3], [250000], "iit", 2),
    "thousands with points, not round": Case("a;p\n1.234;250.123\n12.345;99.001\n", [1234], [250123], "it", 2),
    "thousands with points, decimal comma": Case("a;p\n1.234,5;2\n999,5;3\n", [1234.5], [2], "it", 2),
    "thousands with apostrophes": Case("a;p\n1'234'567.5;2.5\n12’000;3\n", [1234567.5], [2.5], "it", 2),
    "thousands with thin blanks": Case("a;p\n1\u202f234,5;2,5\n12\u00a0000;3\n", [1234.5], [2.5], "it", 2),
    "thousands with blanks": Case("a;p\n1 234,5;2,5\n12 000;3\n", [1234.5], [2.5], "it", 2),
    "three decimals are no thousands": Case("a,t\n1.200,3.125\n0.250,4.500\n", [1.2], [3.125], "it", 2),
    "three decimals beside a semicolon": Case("a;t\n1.250;3\n0.125;4\n", [1.25], [3], "it", 2),
    "three decimals in a small column": Case("a;t\n1.234;5.678\n2.345;6.789\n3.456;7.891\n", [1.234], [5.678], "it", 3),
    "thousands as in India": Case("a\tt\n1,00,000\t3.5\n12,34,567\t4\n", [100000], [3.5], "it", 2),
    "Unicode minus": Case("a,t\n−1.5,2\n−2.5,−3\n", [-1.5], [2], "it", 2),
    "per cent": Case("a;t\n12,5 %;3\n8%;4\n", [0.125], [3], "it", 2),
    "currency": Case("a;t\n$1,200.50;€ 3\n-$5;€ 4\n", [1200.5], [3], "it", 2),
    "amounts in brackets": Case("a\tt\n(1,200)\t3\n(15.5)\t4\n", [-1200], [3], "it", 2),
    "exponents with a D": Case(" 1.5D+01  2.0d-1\n -2.5D+00  1.0D0\n", [15], [0.2], "it", 2),
    "plus signs and bare points": Case("a,t\n+1.5,.5\n-2.,+3\n", [1.5], [0.5], "it", 2),
}
FRAMES = {
    "sep=": Case("sep=;\r\nx1;x2;t\r\n0;0;0\r\n0;1;1\r\n", [0, 0], [0], "iit", 2),
    "sep= a tab": Case("sep=\\t\nx1\tx2\tt\n0\t5\t0\n0\t1\t1\n", [0, 5], [0], "iit", 2),
    "aligned by blanks": Case(
        "S1   0.11   0.14   b\nS2   0.22   1.00   a\nS3   0.2   0.1   b\n", [0.11, 0.14], [0, 1], "niic", 3
    ),
    "blanks before rows": Case("  0.1   12.0  1.5\n  0.2    2.0 10.5\n", [0.1, 12], [1.5], "iit", 2),
    "blanks and tabs": Case("18.0  8\t307.0\n15.5 \t4   35.5\n", [18, 8], [307], "iit", 2),
    "comma and blank": Case("1, 2.5, yes\n3, 4.5, no\n1, 1, no\n", [1, 2.5], [0, 1], "iic", 3),
    "trailing commas in rows": Case("a,b,t\n1,2,0,\n3,4,1,\n", [1, 2], [0], "iit", 2),
    "trailing commas throughout": Case("a,b,t,\n1,2,0,\n3,4,1,\n", [1, 2], [0], "iit", 2),
    "trailing semicolons": Case("1;2,5;0,5;\n3;4;1,5;\n", [1, 2.5], [0.5], "iit", 2),
    "savetxt": Case("# x1 x2 t\n0.0e+00 1.0e+00 5.0e-01\n1.0e+00 0.0e+00 2.5e-01\n", [0, 1], [0.5], "iit", 2),
    "savetxt with commas": Case("# x1,x2,t\n0,2,0\n0,1,1\n", [0, 2], [0], "iit", 2),
    "comments before and between": Case("# made by hand\n# 2024\na,t\n1,2\n# half way\n3,4\n", [1], [2], "it", 2),
    "comments of another mark": Case("% made by hand\n1 2 3\n4 5 6\n", [1, 2], [3], "iit", 2),
    "a header that begins with #": Case("#id,x,t\n1,5,0.5\n2,6,1.5\n3,7,2.5\n", [5], [0.5], "xit", 3),
    "a row of units": Case("d;m;t\nm;kg;s\n1,5;2;3,5\n2;3;4,5\n", [1.5, 2], [3.5], "iit", 2),
    "savetxt, names parted by commas": Case("# x1, x2, t\n0.5 1.5 2.5\n1 2 3\n", [0.5, 1.5], [2.5], "iit", 2),
    "decimal points between semicolons": Case('"a b";"q"\n7.4;0.99\n7.8;0.88\n', [7.4], [0.99], "it", 2),
    "blanks around semicolons": Case("a ; t\n0,5 ; 1,5\n2 ; 3\n", [0.5], [1.5], "it", 2),
    "rows of delimiters alone": Case("a;t\n0,5;1,5\n;\n2;3\n;\n", [0.5], [1.5], "it", 2),
    "a table of bars and rules": Case(
        "| a | b | t |\n|---|:-:|---|\n| 1 | 2.5 | 3 |\n| 4 | 5.5 | 6 |\n", [1, 2.5], [3], "xiit", 2
    ),
    "single quotes": Case("'a','b, c','t'\n'1.5','2','x'\n'2.5','3','y'\n'1','1','x'\n", [1.5, 2], [1, 0], "iic", 3),
    "a title of as many words": Case(
        "What was measured\nx u kind\n1.5 2 a\n3 4 b\n5 6 a\n", [1.5, 2], [1, 0], "iic", 3
    ),
    "a title": Case("Measured on Monday\n\nx;y\n0,1;0,2\n0,3;0,4\n", [0.1], [0.2], "it", 2),
    "titles with a comma": Case(
        "Lab 3, group B\nMonday, 12:00, rain\n\nx,u,y\n1.5,1,2\n3,2,4\n2,2,2\n", [1.5, 1], [2], "iit", 3
    ),
    "rows quoted as a whole": Case('"x1,x2,t"\n"0,3,0"\n"0,1,1"\n', [0, 3], [0], "iit", 2),
    "every cell quoted": Case('"x1";"x2";"t"\n"0,5";"3";"0"\n"0,1";"1";"1"\n', [0.5, 3], [0], "iit", 2),
    "line ends of old": Case("a,t\r1,2\r3,4\r", [1], [2], "it", 2),
    "a cell with a line break": Case('note,a,t\n"two\nlines",1,2\n"one, line",3,4\n', [1], [2], "nit", 2),
    "row names without a header": Case("a b t\nr1 1 2 3.5\nr2 3 4 4.5\n", [1, 2], [3.5], "niit", 2),
    "an index without a name": Case(",a,t\n0,1,2.5\n1,3,4.5\n", [1], [2.5], "xit", 2),
    "blank lines": Case("a,t\n\n1,2\n\n\n3,4\n\n", [1], [2], "it", 2),
}
HEADERS = {
    "an index": Case("0,1,2\n0.1,0.2,a\n0.3,0.4,b\n0.5,0.6,a\n", [0.1, 0.2], [1, 0], "iic", 3),
    "an index over numbers": Case("0,1,2\n0.1,0.2,7.5\n0.3,0.4,1.5\n", [0.1, 0.2], [7.5], "iit", 2),
    "years": Case("1990,1991,1992\n3.5,4,1.5\n5,6,2.5\n", [3.5, 4], [1.5], "iit", 2),
    "years behind a word": Case("land,1990,1991\nA,4,1.5\nB,6,2.5\n", [4], [1.5], "nit", 2),
    "none, whole numbers": Case("0,1,2\n3,4,5\n6,7,9\n", [0, 1], [2], "iit", 3),
    "none, a missing value first": Case("?,1,2.5\n3,4,5.5\n", [3, 4], [5.5], "iit", 1),
    "words over words": Case(
        "colour,size,label\nred,small,no\nred,big,yes\nblue,small,no\n", [0, 1, 0, 1], [1, 0], "iic", 3
    ),
    "none over words": Case(
        "red,small,no\nred,big,yes\nblue,small,no\nred,small,yes\n", [0, 1, 0, 1], [1, 0], "iic", 4
    ),
}
ROLES = {
    "class first, numbers": Case(
        "class,alc,ash\n1,14.2,2.4\n1,13.2,2.1\n2,12,1.9\n2,12,1.8\n", [14.2, 2.4], [1, 0], "cii", 4
    ),
    "class last, numbers": Case(
        "p1,p2,label\n0.1,0.9,3\n0.5,0.2,7\n0.3,0.3,3\n0.8,0.1,7\n", [0.1, 0.9], [1, 0], "iic", 4
    ),
    "class first without a header": Case(
        "1,14.2,24.5\n1,13.2,21.5\n2,12.5,19.5\n2,12.1,18.5\n", [14.2, 24.5], [1, 0], "cii", 4
    ),
    "labels with an underscore": Case("a,b,class\n1,2,1_2\n3,4,1_3\n5,6,1_2\n", [1, 2], [1, 0], "iic", 3),
    "yes and no as inputs": Case("rain,wind,play\ntrue,no,yes\nfalse,yes,yes\ntrue,no,no\n", [1, 0], [0, 1], "iic", 3),
    "a truth table": Case("0 0 0\n0 1 1\n1 0 1\n1 1 0\n", [0, 0], [0], "iit", 4),
    "a target by its name": Case("t,a,b\n0.5,1,2\n0.7,3,4\n", [1, 2], [0.5], "tii", 2),
    "several targets": Case("x1,x2,t1,t2\n1,2,3,4\n5,6,7,8\n", [1, 2], [3, 4], "iitt", 2),
    "an identifier": Case("id,a,species\n5001,1,cat\n5007,2,dog\n6003,3,cat\n", [1], [1, 0], "xic", 3),
}
ENCODED = {
    "UTF-16 with its mark": Case("größe;t\n1,5;2\n3;4\n".encode("utf-16"), [1.5], [2], "it", 2),
    "UTF-16 big end first": Case(b"\xfe\xff" + "a\tt\r\n1,5\t2\r\n3\t4\r\n".encode("utf-16-be"), [1.5], [2], "it", 2),
    "UTF-16 without a mark": Case("a,t\n1.5,2\n3,4\n".encode("utf-16-le"), [1.5], [2], "it", 2),
    "UTF-8 with its mark": Case(b"\xef\xbb\xbfa,t\n1.5,2\n", [1.5], [2], "it", 1),
    "Latin-1": Case("größe,t\n1.5,2\n".encode("latin-1"), [1.5], [2], "it", 1),
}
ALL = {**MARKS, **FRAMES, **HEADERS, **ROLES, **ENCODED}


@pytest.mark.parametrize("case", ALL.values(), ids=list(ALL))
def test_a_table_is_read_with_the_right_numbers_and_roles(case: Case) -> None:
    found = read(case.content)
    assert roles_of(case.content) == case.roles
    assert found.samples.inputs[0].tolist() == case.inputs
    assert found.samples.targets[0].tolist() == case.targets
    assert len(found.samples) == case.samples


def test_names_come_in_the_encoding_of_the_file() -> None:
    for case in ("UTF-16 with its mark", "Latin-1"):
        assert names(read(ENCODED[case].content))[0] == "größe"


def test_latin_1_that_begins_beyond_the_first_lines_is_read_all_the_same() -> None:
    found = read(b"a,kind\n" + b"1,x\n" * 100_000 + "2,größer\n".encode("latin-1"))
    assert names(found) == ["a", "kind=größer", "kind=x"]
    assert len(found.samples) == 100_001


@pytest.mark.parametrize("name", MARKS)
def test_a_table_longer_than_the_first_lines_is_read_as_they_are(name: str) -> None:
    content = str(MARKS[name].content)
    head, last = content[: content.rstrip("\n").rfind("\n") + 1], content.rstrip("\n").rpartition("\n")[2]
    found = read(head + f"{last}\n" * 3000)
    short = read(content)
    assert found.samples.inputs[-1].tolist() == short.samples.inputs[-1].tolist()
    assert found.samples.inputs[0].tolist() == short.samples.inputs[0].tolist()
    assert not found.bad


def test_what_was_guessed_is_told_with_the_reason() -> None:
    told = " ".join(whole("x;y\n0,1;0,01\n0,2;0,04\n").source.why)
    assert "Delimiter semicolon: parts 3 of 3 lines into 2 columns." in told
    assert "“0,1” can only be a decimal" in told
    assert "“x” stands over numbers" in told


def test_what_is_said_leaves_the_rest_to_be_guessed_anew() -> None:
    content = "1,5;2,5;3\n4,5;5,5;6\n"
    assert whole(content).source.names == ("column 1", "column 2", "column 3")
    assert whole(content, delimiter=",").source.names == ("column 1", "column 2", "column 3")
    assert whole("a;1,200;b\nc;1,300;d\n", decimal=",").columns.columns[1].values.tolist() == [1.2, 1.3]
    assert whole("a;1,200;b\nc;1,300;d\n", decimal=".").columns.columns[1].values.tolist() == [1200, 1300]
    assert whole("0,1,2\n3,4,5\n", header=True).source.names == ("0", "1", "2")
    assert len(whole("# a b\n1 2\n", header=False).columns) == 1
