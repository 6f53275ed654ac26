"""Small twins of well-known data sets, made up here: laid out like them, and read with roles that fit."""

import pytest

from tests.tabling import names, read, roles_of, whole

IRIS = (
    "5.1,3.5,1.4,0.2,Iris-setosa\n4.9,3.0,1.4,0.2,Iris-setosa\n"
    "6.3,3.3,6.0,2.5,Iris-virginica\n5.8,2.7,5.1,1.9,Iris-virginica\n\n"
)
WINE = (
    "1,14.2,1.7,2.43,15.6,127,1065\n1,13.2,1.78,2.14,11.2,100,1050\n1,13.1,2.36,2.67,18.6,101,1185\n"
    "2,12.37,.94,1.36,10.6,88,520\n2,12.33,1.1,2.28,16,101,680\n3,12.86,1.35,2.32,18,122,630\n3,12.9,2.99,2.4,20,104,530\n"
)
CAR = (
    "vhigh,vhigh,2,2,small,low,unacc\nvhigh,low,3,4,big,med,acc\nlow,vhigh,4,more,small,high,acc\n"
    "low,low,5more,4,big,low,unacc\nlow,low,5more,more,med,high,vgood\nmed,high,2,2,med,low,unacc\n"
)
ABALONE = (
    "M,0.455,0.365,0.095,0.514,15\nF,0.35,0.265,0.09,0.2255,7\nI,0.53,0.42,0.135,0.677,9\nM,0.44,0.365,0.125,0.516,10\n"
)
ADULT = (
    "39, State-gov, 77516, Bachelors, 13, Male, 40, United-States, <=50K\n"
    "50, Self-emp-not-inc, 83311, Bachelors, 13, Male, 13, United-States, <=50K\n"
    "38, Private, 215646, HS-grad, 9, Female, 40, ?, >50K\n"
    "53, Private, 234721, 11th, 7, Male, 40, United-States, >50K\n"
)
AUTO_MPG = (
    '18.0   8   307.0      130.0      3504.      12.0   70  1\t"chevrolet chevelle malibu"\n'
    '25.0   4   98.00      ?          2046.      19.0   71  1\t"ford pinto"\n'
    '24.0   4   113.0      95.00      2372.      15.0   70  3\t"toyota corona mark ii"\n'
)
ECOLI = (
    "AAT_ECOLI   0.49  0.29  0.48  0.50  0.56   cp\nACEA_ECOLI  0.07  0.40  0.48  0.50  0.54   cp\n"
    "ACEK_ECOLI  0.56  0.40  0.48  0.50  0.49   im\nACKA_ECOLI  0.59  0.49  0.48  0.50  0.52   im\n"
)
HOUSING = (
    " 0.00632  18.00   2.310  0  0.5380  6.5750  65.20   1  296.0  396.90   4.98  24.00\n"
    " 0.02731   0.00   7.070  0  0.4690  6.4210  78.90   2  242.0  396.90   9.14  21.60\n"
    "15.02340   0.00  18.100  1  0.6140  5.3040  97.30  24  666.0  349.48  24.91  12.00\n"
)
GLASS = "".join(f"{k},1.5{k},13.6{k},4.4,1.{k},71.7{k},0.0{k},8.7,0.0,{1 + k // 5}\n" for k in range(1, 13))
SEEDS = (
    "15.26\t14.84\t0.871\t5.763\t3.312\t2.221\t5.22\t1\n14.88\t14.57\t0.8811\t5.554\t3.333\t1.018\t4.956\t1\n"
    "16.14\t14.99\t0.9034\t5.658\t3.562\t1.355\t5.175\t2\n14.16\t14.4\t0.8584\t5.658\t3.129\t3.072\t\t5.176\t2\n"
)
BREAST_CANCER = "1000025,5,1,1,1,2,1,2\n1002945,5,4,4,5,7,10,2\n1015425,3,1,1,1,2,?,4\n1016277,6,8,8,1,3,4,4\n"
STUDENT = (
    '"school";"sex";"age";"Mjob";"studytime";"romantic";"G1";"G2";"G3"\n'
    '"GP";"F";18;"at_home";2;"no";"5";"6";6\n"GP";"M";17;"teacher";3;"yes";"12";"11";13\n"MS";"F";15;"other";1;"no";"7";"8";10\n'
)


@pytest.mark.parametrize(
    ("content", "roles", "inputs", "targets"),
    [
        (IRIS, "iiiic", [5.1, 3.5, 1.4, 0.2], [1, 0]),
        (WINE, "ciiiiii", [14.2, 1.7, 2.43, 15.6, 127, 1065], [1, 0, 0]),
        (ABALONE, "iiiiit", [0, 0, 1, 0.455, 0.365, 0.095, 0.514], [15]),
        (ECOLI, "niiiiic", [0.49, 0.29, 0.48, 0.5, 0.56], [1, 0]),
        (HOUSING, "iiiiiiiiiiit", [0.00632, 18, 2.31, 0, 0.538, 6.575, 65.2, 1, 296, 396.9, 4.98], [24]),
        (GLASS, "xiiiiiiiic", [1.51, 13.61, 4.4, 1.1, 71.71, 0.01, 8.7, 0], [1, 0, 0]),
        (SEEDS, "iiiiiiic", [15.26, 14.84, 0.871, 5.763, 3.312, 2.221, 5.22], [1, 0]),
        (BREAST_CANCER, "iiiiiiic", [1000025, 5, 1, 1, 1, 2, 1], [1, 0]),
    ],
    ids=["iris", "wine", "abalone", "ecoli", "housing", "glass", "seeds", "breast-cancer"],
)
def test_a_layout_is_read_without_being_told_anything(
    content: str, roles: str, inputs: list[float], targets: list[float]
) -> None:
    assert roles_of(content) == roles
    found = read(content)
    assert found.samples.inputs[0].tolist() == inputs
    assert found.samples.targets[0].tolist() == targets
    assert all(bad.missing for bad in found.bad)


def test_car_is_words_throughout_with_numbers_among_them() -> None:
    found = read(CAR)
    assert roles_of(CAR) == "iiiiiic"
    assert names(found)[-3:] == ["column 7=acc", "column 7=unacc", "column 7=vgood"]
    assert len(found.samples) == 6


def test_adult_has_blanks_behind_commas_and_gaps() -> None:
    found = read(ADULT)
    assert roles_of(ADULT)[-1] == "c"
    assert names(found)[-2:] == ["column 9=<=50K", "column 9=>50K"]
    assert [str(bad) for bad in found.bad] == ["line 3, column 8: the value is missing (“?”)"]
    assert read(ADULT, missing="mean").bad == ()


def test_auto_mpg_has_blanks_a_tab_names_in_quotes_and_a_gap() -> None:
    table = whole(AUTO_MPG)
    assert len(table.source.names) == 9
    found = read(AUTO_MPG, {0: "target", **dict.fromkeys(range(1, 8), "input")}, missing="mean")
    assert found.samples.inputs[0].tolist() == [8, 307, 130, 3504, 12, 70, 1]
    assert found.samples.inputs[1, 2] == (130 + 95) / 2
    assert found.samples.targets.ravel().tolist() == [18, 25, 24]
    assert found.samples.names == ("chevrolet chevelle malibu", "ford pinto", "toyota corona mark ii")


def test_student_has_numbers_in_quotes_and_words_as_inputs() -> None:
    found = read(STUDENT)
    assert names(found) == [
        *("school=GP", "school=MS", "sex=F", "sex=M", "age"),
        *("studytime", "romantic", "G1", "G2", "G3"),
    ]
    assert found.samples.names == ("at_home", "teacher", "other")
    assert found.samples.inputs[0].tolist() == [1, 0, 1, 0, 18, 2, 0, 5, 6]
    assert found.samples.targets.ravel().tolist() == [6, 13, 10]
