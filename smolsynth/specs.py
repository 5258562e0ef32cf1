"""The forms in which a model is named, for `load_llm`, `--model` and the READMEs' table."""

SPECS: dict[str, dict[str, str]] = {
    "bundled": {
        "en": "the course's own tutor (default)",
        "zh": "课程自带的导师模型（tutor），默认就是它",
    },
    "bundled:novice": {
        "en": "its little sister, worse on purpose, for pools of models",
        "zh": "故意弱一些的新手模型（novice），多模型（model pooling）作答时当第二个",
    },
    "bundled:solver": {
        "en": "their sister that solves problems and calls tools, with slips: for verified data",
        "zh": "会算数、会调用工具、有意教成会出错的解题模型（solver），用来做验证过的数据",
    },
    "smollm2": {
        "en": "SmolLM2-135M-Instruct, offline, after `python -m smolsynth get smollm2`",
        "zh": "SmolLM2-135M-Instruct，先运行 `python -m smolsynth get smollm2`，之后离线可用",
    },
    "ct2:FOLDER": {
        "en": "a folder that `python -m smolsynth convert-model` has made, on CTranslate2",
        "zh": "`python -m smolsynth convert-model` 转好的文件夹，由 CTranslate2 运行",
    },
    "gguf:FILE": {
        "en": "a GGUF file, by llama.cpp",
        "zh": "GGUF 文件，由 llama.cpp 运行",
    },
    "transformers:NAME_OR_PATH": {
        "en": "a chat model from the Hub or a folder, in batches, on a GPU where there is one",
        "zh": "Hub 上或本地文件夹里的对话模型，分批运行，有 GPU 就用 GPU",
    },
    "openai:BASE_URL#MODEL": {
        "en": "any OpenAI-compatible endpoint: vLLM, Ollama, llama.cpp, `transformers serve`; the"
        " key, if any, in `SMOLSYNTH_API_KEY` (`OPENAI_API_KEY` goes to api.openai.com alone)",
        "zh": "任何兼容 OpenAI 接口的端点（endpoint）：vLLM、Ollama、llama.cpp、"
        "`transformers serve`；需要密钥的，放进 `SMOLSYNTH_API_KEY`"
        "（`OPENAI_API_KEY` 只会发给 api.openai.com）",
    },
    "hf:MODEL": {
        "en": "Hugging Face Inference Providers, with `HF_TOKEN`",
        "zh": "Hugging Face Inference Providers，要设 `HF_TOKEN`",
    },
}
