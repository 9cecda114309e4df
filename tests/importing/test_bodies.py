"""Plain text made into HTML."""

import pytest

from promo.importing.bodies import to_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Jeden\nakapit.\n\nDrugi.", "<p>Jeden akapit.</p><p>Drugi.</p>"),
        ("Oto:\n- raz\n- dwa", "<p>Oto:</p><ul><li>raz</li><li>dwa</li></ul>"),
        ("1. raz\n2. dwa", "<ol><li>raz</li><li>dwa</li></ol>"),
        ("- raz\n  i pół\n- dwa", "<ul><li>raz i pół</li><li>dwa</li></ul>"),
        ("## Program\n18.00 start", "<h2>Program</h2><p>18.00 start</p>"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>"),
        ("2026 - rok czytania", "<p>2026 - rok czytania</p>"),
        ("<p>Gotowy <b>HTML</b></p>", "<p>Gotowy <b>HTML</b></p>"),
        ("<p onclick='x()'>a<script>b</script></p>", "<p>a</p>"),
        ("", ""),
    ],
)
def test_text_becomes_clean_html(text: str, html: str) -> None:
    assert to_html(text) == html
