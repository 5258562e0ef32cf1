"""What a run costs in tokens, time and money: forecast from a sample, counted, and limited.

`InProcessPipeline` counts in `pipeline.usage` and stops at `max_tokens_total` or `max_cost`. Prices
are yours to give, as `{model name: (per million input tokens, per million output tokens)}`, in any
currency; none are built in, because none stay true.
"""

import functools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

from distilabel.models.llms.base import LLM

from smolsynth.errors import BudgetSpent, Said
from smolsynth.llms.strings import Unavailable
from smolsynth.pipelines.models import models_of

Prices = Mapping[str, tuple[float, float]]


@dataclass
class Use:
    """What one step has used of one model.

    Attributes:
        requests: conversations sent.
        uncounted: of them, those whose answers came without token counts.
        input_tokens, output_tokens: as the model, or its server, counts them.
        reasoning_tokens: of the output tokens, those of thoughts, where they are told apart.
        seconds: spent in waiting for the model.
    """

    requests: float = 0
    uncounted: float = 0
    input_tokens: float = 0
    output_tokens: float = 0
    reasoning_tokens: float = 0
    seconds: float = 0.0

    @property
    def tokens(self) -> float:
        return self.input_tokens + self.output_tokens

    def count(self, outputs: list[dict[str, Any]]) -> None:
        """Adds what a call of `LLM.generate` gave."""
        for output in outputs:
            statistics = output.get("statistics") or {}
            tokens_in = sum(statistics.get("input_tokens") or ())
            tokens_out = sum(statistics.get("output_tokens") or ())
            self.requests += 1
            self.input_tokens += tokens_in
            self.output_tokens += tokens_out
            self.reasoning_tokens += sum(statistics.get("reasoning_tokens") or ())
            self.uncounted += not (tokens_in or tokens_out)


class Usage(dict[tuple[str, str], Use]):
    """What a run has used: `{(step, model name): Use}`. Printed, it is a table."""

    @property
    def tokens(self) -> float:
        """Input and output tokens together."""
        return sum(use.tokens for use in self.values())

    def cost(self, prices: Prices) -> float:
        """Money, in the currency of the prices.

        Raises:
            ValueError: a model has no price.
        """
        check_prices(prices, [model for _, model in self])
        return sum(
            (prices[model][0] * use.input_tokens + prices[model][1] * use.output_tokens) / 1e6
            for (_, model), use in self.items()
        )

    def rows(self, prices: Prices | None = None) -> list[dict[str, Any]]:
        """One row per step and model: `step`, `model`, the columns of `Use`, and, with prices,
        `cost`."""
        made = []
        for (step, model), use in self.items():
            row = {"step": step, "model": model, **vars(use)}
            if prices is not None:
                row["cost"] = Usage({(step, model): use}).cost(prices)
            made.append(row)
        return made

    def add(self, other: Mapping[tuple[str, str], Use], share: float = 1.0) -> None:
        """Adds the numbers of another usage, or a multiple of them."""
        for key, use in other.items():
            mine = self.setdefault(key, Use())
            for name, number in vars(use).items():
                setattr(mine, name, getattr(mine, name) + share * number)

    @classmethod
    def from_rows(cls, rows: list[dict[str, Any]]) -> "Usage":
        """The usage of which `rows()`, without prices, gives these rows."""
        names = [field.name for field in fields(Use)]
        return cls({(row["step"], row["model"]): Use(**{n: row[n] for n in names}) for row in rows})

    def __str__(self) -> str:
        columns = ["requests", "input_tokens", "output_tokens"]
        if any(use.reasoning_tokens for use in self.values()):
            columns.append("reasoning_tokens")
        header = ("step", "model", *(name.replace("_", " ") for name in columns), "seconds")
        lines = [header]
        for (step, model), use in self.items():
            numbers = (getattr(use, name) for name in columns)
            lines.append((step, model, *(f"{n:,.0f}" for n in numbers), f"{use.seconds:,.1f}"))
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                cell.ljust(width) if i < 2 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
            for line in lines
        )


def check_prices(prices: Prices, models: Sequence[str]) -> None:
    """Raises ValueError where a model has no price, or a price is no pair of numbers from 0 up."""
    if missing := sorted({model for model in models if model not in prices}):
        raise ValueError(
            f"There is no price for {', '.join(map(repr, missing))}: add it to prices, as"
            " {model: (per million input tokens, per million output tokens)}."
        )
    for model, price in prices.items():
        if len(price) != 2 or any(number < 0 for number in price):
            raise ValueError(f"The price of {model!r} must be two numbers from 0 up, not {price}.")


# ---- counting and limits ----
class Meter:
    """Counts what steps use, and says when a limit is reached.

    Args:
        max_tokens_total: input and output tokens, of all steps; `None` for no limit.
        max_cost: money, in the currency of `prices`; `None` for no limit.
        prices: needed with `max_cost`.
        before: what was used before, and counts too.
    """

    def __init__(
        self,
        max_tokens_total: float | None = None,
        max_cost: float | None = None,
        prices: Prices | None = None,
        before: Usage | None = None,
    ) -> None:
        if max_cost is not None and prices is None:
            raise ValueError("max_cost needs prices={model: (per million input, output tokens)}.")
        self.max_tokens_total, self.max_cost, self.prices = max_tokens_total, max_cost, prices
        self.before = before or Usage()
        self.usage = Usage()
        self.on_use: Callable[[dict[str, Any]], None] | None = None  # told of each call, as a row

    @property
    def limits(self) -> bool:
        return self.max_tokens_total is not None or self.max_cost is not None

    def check(self, more: Usage | None = None) -> None:
        """Raises BudgetSpent if a limit is reached, or would be passed by `more`."""
        if not self.limits:
            return
        total = Usage()
        for usage in (self.before, self.usage, more or Usage()):
            total.add(usage)
        if self.max_tokens_total is not None and _is_over(
            total.tokens, self.max_tokens_total, more
        ):
            limit = f"max_tokens_total={self.max_tokens_total:,}"
            raise _spent(limit, f"{total.tokens:,.0f}", more)
        if self.max_cost is not None:
            cost = total.cost(self.prices or {})
            if _is_over(cost, self.max_cost, more):
                raise _spent(f"max_cost={self.max_cost:g}", f"{cost:.4g}", more)

    @contextmanager
    def counting(self, step: str, llms: Sequence[LLM]) -> Iterator[None]:
        """While it lasts, what these generate is counted for that step; see `counted_llms`."""
        for llm in llms:
            # In the instance's dict, where it hides the method of the class.
            vars(llm)["generate"] = self._counted(step, llm)
        try:
            yield
        finally:
            for llm in llms:
                vars(llm).pop("generate", None)

    def _counted(self, step: str, llm: LLM) -> Callable:
        generate = llm.generate

        @functools.wraps(generate)  # distilabel reads the parameters of `generate`
        def counted(*args: Any, **kwargs: Any) -> Any:
            key, use, begun = (step, llm.model_name), Use(), time.perf_counter()
            try:
                outputs = generate(*args, **kwargs)
                use.count(outputs)
            finally:
                use.seconds = time.perf_counter() - begun
                self.usage.add({key: use})
            if self.on_use:
                self.on_use(*Usage({key: use}).rows())
            if self.limits and use.uncounted:
                raise Unavailable("uncounted", model=llm.model_name)
            return outputs

        return counted


def counted_llms(models: Iterable[Any]) -> list[LLM]:
    """The LLMs among models; one that is made of others counts as these."""
    return [
        model for model in models if isinstance(model, LLM) and next(models_of(model), None) is None
    ]


def _spent(limit: str, by: str, more: Usage | None) -> BudgetSpent:
    if more:
        return BudgetSpent(
            Said(f"{limit} would be passed ({by})", f"再做就要超过 {limit} 了（{by}）")
        )
    return BudgetSpent(Said(f"{limit} is reached ({by})", f"已经到了 {limit}（{by}）"))


def _is_over(number: float, limit: float, more: Usage | None) -> bool:
    return number > limit if more else number >= limit
