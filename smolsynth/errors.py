"""What can go wrong, in one tree: catch `SmolsynthError` for all of it.

SmolsynthError
├── LLMUnavailable (RuntimeError)    a model can't be used
├── RowRefused (ValueError)          a model won't take this row; others may pass
│   └── RowTooLong                   it doesn't fit into the model's context
├── RepliesNotUnderstood            what a model writes can't be read
├── StepFailed (RuntimeError)        a step of a pipeline raised
├── BudgetSpent                      a limit of tokens or cost is reached
├── RunChanged (ValueError)          a folder belongs to another run
├── RunBusy (RuntimeError)           another process runs in a folder
├── ReadError (ValueError)           data can't be read, or not for certain
│   └── Unreadable                   a document can't be read
├── ConvertError (ValueError)        a format has no place for rows of this kind
├── QualityError (ValueError)        a dataset breaks a rule of quality
├── PlanError (ValueError)           a plan can't be carried out
└── PushFailed (RuntimeError)        a dataset did not reach the Hub
"""


class Said(str):
    """A sentence in English that is there in Chinese, too.

    >>> said = Said("No rows.", "没有数据。")
    >>> said, said.words("zh")
    ('No rows.', '没有数据。')
    """

    zh: str

    def __new__(cls, en: str, zh: str = "") -> "Said":
        made = super().__new__(cls, en)
        made.zh = zh or en
        return made

    def words(self, lang: str) -> str:
        """The sentence in "en" or "zh"."""
        return self.zh if lang == "zh" else str.__str__(self)


def error_said(error: BaseException, lang: str) -> str:
    """What an error says, in "en", or in "zh" where it is there in Chinese."""
    if isinstance(error, SmolsynthError):
        return error.words(lang)
    message = error.args[0] if error.args else ""
    return message.words(lang) if isinstance(message, Said) else str(error)


class SmolsynthError(Exception):
    """Base of all errors that this package raises on purpose."""

    def words(self, lang: str) -> str:
        """What went wrong, in "en", or in "zh" where it is there in Chinese."""
        message = self.args[0] if self.args else ""
        return message.words(lang) if isinstance(message, Said) else str(self)


class RowRefused(SmolsynthError, ValueError):
    """A model or its server won't take this row: the row is at fault, not the run.

    Attributes:
        index: of the row within the inputs given to `generate`; `None` if it is not known.
    """

    def __init__(self, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.index = index

    def __reduce__(self) -> tuple:  # from a worker's process to the one that started it
        return type(self), (self.args[0], self.index)


class RowTooLong(RowRefused):
    """The row, with the answer that is asked for, doesn't fit into the model's context."""


class BudgetSpent(SmolsynthError):
    """No more may be spent; what is finished is kept. `InProcessPipeline.run` catches it."""


class StepFailed(SmolsynthError, RuntimeError):
    """A step of a pipeline raised. The original exception is the `__cause__`.

    Attributes:
        step: name of the step.
        rows: the rows of the run's whole input that the step was at work on, or made of them, as a
            `range` of their numbers from 0; `None` if the failure concerns none in particular
            (loading, generator steps).
    """

    def __init__(self, message: str, step: str, rows: range | None = None) -> None:
        super().__init__(message)
        self.step = step
        self.rows = rows

    def __reduce__(self) -> tuple:  # from a worker's process to the one that started it
        return type(self), (self.args[0], self.step, self.rows)


class RunChanged(SmolsynthError, ValueError):
    """The folder belongs to a run of another pipeline, another input or another chunk size."""


class RunBusy(SmolsynthError, RuntimeError):
    """Another process runs in this folder."""


class PushFailed(SmolsynthError, RuntimeError):
    """The dataset did not reach the Hub, or not whole. The folder is as it was."""


class LLMUnavailable(SmolsynthError, RuntimeError):
    """The chosen model can't be used; the message says in one sentence what to do."""


class RepliesNotUnderstood(SmolsynthError):
    """Most of a model's first replies hold nothing that can be read; one of them is shown.

    Attributes:
        unread, replies: how many of how many.
        reply: one that was not understood, as the model wrote it.
    """

    def __init__(self, unread: int, replies: int, reply: str) -> None:
        shown = reply if len(reply) <= 500 else reply[:500] + " …"
        super().__init__(
            f"{unread} of the first {replies} replies of the judge hold no rating that can be read."
            " Raise max_new_tokens if they are cut off, or choose a model that keeps to the form;"
            f" Judge(give_up=False) goes on all the same. One of them:\n{shown}"
        )
        self.unread, self.replies, self.reply = unread, replies, reply

    def __reduce__(self) -> tuple:  # from a worker's process to the one that started it
        return type(self), (self.unread, self.replies, self.reply)


class ReadError(SmolsynthError, ValueError):
    """Data can't be read, or not for certain; the message says where and what to do."""


class ConvertError(SmolsynthError, ValueError):
    """A trainer's format has no place for what the rows hold; the message says which has."""
