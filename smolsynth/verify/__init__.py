"""Answers that a program checks: verifiers, a sandbox for Python, and selection by verdict.

| module | what it holds |
|---|---|
| `verdict` | `Verdict`: right or wrong, why, and what was read from the answer |
| `numbers`, `choices`, `forms`, `constraints`, `code` | the verifiers, as pure functions |
| `toolbox` | a small real toolbox, and calls of it checked |
| `sandbox` | `run_python`: a program in a child process that can do no harm |
| `steps` | the verifiers as distilabel Steps |
| `arithmetic` | the steps of a trace, checked one by one |
| `passing` | pass@k and its interval, difficulty, what to keep, pairs |
| `rewards` | prompts and a reward function for TRL's `GRPOTrainer` |
"""
