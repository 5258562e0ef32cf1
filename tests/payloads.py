"""What a model may write to make a browser run or load something. Nothing of it may come true.

Each calls `alert` or asks for an address that nobody serves: a browser test sees either. The files
of the studio keep all of them as they are.
"""

_AWAY = "http://127.0.0.1:9"
PAYLOADS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//127.0.0.1:9/x.js></SCRIPT>",
    "<img src=x onerror=alert(3)>",
    f'<img src="{_AWAY}/4.png">',
    "<svg onload=alert(5)>",
    "<svg><script>alert(6)</script></svg>",
    "<svg><animate onbegin=alert(7) attributeName=x dur=1s>",
    "<iframe src=javascript:alert(8)>",
    "<iframe srcdoc='<script>parent.alert(9)</script>'></iframe>",
    "<body onload=alert(10)>",
    "<details open ontoggle=alert(11)>",
    "<input autofocus onfocus=alert(12)>",
    "<video><source onerror=alert(13)></video>",
    f"<video poster={_AWAY}/14.png>",
    f"<link rel=stylesheet href={_AWAY}/15.css>",
    f"<style>@import '{_AWAY}/16.css'; body {{ background: url({_AWAY}/16.png) }}</style>",
    f"<div style=\"background-image: url('{_AWAY}/17.png')\">x</div>",
    f'<meta http-equiv="refresh" content="0; url={_AWAY}/18">',
    "<object data=javascript:alert(19)></object>",
    "<embed src=javascript:alert(20)>",
    "<math><mtext><img src=x onerror=alert(21)></mtext></math>",
    "</textarea><script>alert(22)</script>",
    "</option></select><img src=x onerror=alert(23)>",
    "</p></div></td><img src=x onerror=alert(24)>",
    '"><img src=x onerror=alert(25)>',
    "' onmouseover='alert(26)' autofocus onfocus='alert(26)",
    f"![picture]({_AWAY}/27.png)",
    "[click](javascript:alert(28))",
    r"$\href{javascript:alert(29)}{x}$ and $$\unicode{x41}$$ and \(\style{color:red}{y}\)",
    "&lt;script&gt;alert(30)&lt;/script&gt;",
    "<template><script>alert(31)</script></template><noscript><img src=x onerror=alert(31)>",
    "\x1b]8;;javascript:alert(32)\x07click\x1b]8;;\x07 <b onclick=alert(32)>b</b>",
]
