"""Environment of all tests, kernels included, how they are shared out, and common fixtures."""

import os
import re
from pathlib import Path

import pytest

from smolsynth import _notebook
from tools import course_run

# No test needs the network: whatever asks for it by mistake fails here and now, on every machine.
os.environ.update(
    HF_HUB_OFFLINE="1",
    HF_DATASETS_OFFLINE="1",
    http_proxy="http://127.0.0.1:9",
    https_proxy="http://127.0.0.1:9",
    no_proxy="localhost,127.0.0.1",
)
# Two test processes on two cores: with a thread per core each, torch is many times slower.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = "1"
# A reader's own choice of model must not decide whether the tests pass, nor what they have solved.
os.environ.pop("SMOLSYNTH_LLM", None)
os.environ[_notebook.PROGRESS] = ""

ROOT = Path(__file__).resolve().parent
CHATML = (
    "{% for m in messages %}"
    "{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """nbval collects the notebooks; those of the course get their solutions as further cells."""
    return [
        course_run.CourseNotebook.from_parent(parent, path=file_path)
        if isinstance(found, course_run.IPyNbFile) and file_path.parent == ROOT / "notebooks"
        else found
        for found in (yield)
    ]


# Tests of a file stay together, on one process, but for these, whose fixtures serve a part of it:
# what the bracket holds names the group.
_APART = re.compile(
    r"test_notebooks\.py::.*\[(preference|instruction|verified|dataset|your_own)"  # each
    r"[^]]*\.ipynb\]"
    r"|test_lessons\.py::test_a_(?:block|shown).*\[([^]]*?\.md):"  # a page each
    r"|test_browser\.py::.*(?:jupyter|viewer)()"  # JupyterLab beside Voilà
)


def group_of(nodeid: str) -> str:
    """The tests that one process runs one after the other."""
    apart = _APART.search(nodeid)
    return nodeid.partition("::")[0] + (f"::{apart[apart.lastindex]}" if apart else "")


def pytest_collection_modifyitems(items):
    """Groups with slow tests begin: none is left to one process when the other has finished."""
    groups = {}
    for item in items:
        groups.setdefault(group_of(item.nodeid), []).append(item)
    quick = {
        name: not any(one.get_closest_marker("slow") for one in groups[name]) for name in groups
    }
    items[:] = [one for name in sorted(groups, key=quick.get) for one in groups[name]]


def pytest_xdist_make_scheduler(config, log):
    """Group by group, in the order above."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group_of(nodeid)

    return ByGroup(config, log)


@pytest.fixture(scope="session")
def random_model(tmp_path_factory) -> Path:
    """Folder of a tiny Llama with random weights and a ChatML tokenizer: any chat model's shape."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    folder = tmp_path_factory.mktemp("random-model")
    special = ["<|im_start|>", "<|im_end|>", "<|pad|>"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1500,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = [path.read_text("utf-8") for path in sorted((ROOT / "smolsynth").rglob("*.py"))]
    tokenizer.train_from_iterator(texts, trainer)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=special[0],
        eos_token=special[1],
        pad_token=special[2],
        chat_template=CHATML,
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=8192,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=2,
    )
    model = transformers.LlamaForCausalLM(config)
    # One token in twenty or so ends the answer: without this, none would end before its limit.
    model.lm_head.weight.data[config.eos_token_id] *= 40
    model.save_pretrained(folder)
    return folder
