import pytest

from tuner.journal.line_checksum import with_checksum, without_checksum


def test_a_checksum_is_the_usual_one_of_line_and_place():
    # 0xCBF43926 is the check value of CRC-32, of the text 123456789 from 0 on.
    assert with_checksum(b"123456789", 0) == b'12345678, "crc32": "cbf43926"}\n'


def test_a_line_comes_back_in_its_own_place_alone():
    line = with_checksum(b'{"at": 1.0}', 17)
    assert without_checksum(line, 17) == b'{"at": 1.0}'
    with pytest.raises(ValueError, match="its checksum does not fit"):
        without_checksum(line, 18)


def test_a_line_without_a_checksum_is_as_it_was():
    assert without_checksum(b'{"at": 1.0}\n', 17) == b'{"at": 1.0}\n'
