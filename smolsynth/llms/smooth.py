"""Makes a model lose less when its activations are rounded to int8 (SmoothQuant).

A few channels of a Llama's activations are many times as large as the others, and with one scale
per token those others are rounded away. Dividing such a channel by a factor, and multiplying the
weights that read it by the same, changes nothing before rounding, and much after it. Xiao et al.
2023, arXiv 2211.10438.
"""

from typing import Any

FAMILIES = ("llama", "mistral")  # whose norms and projections are as below, without biases
TALKS = (
    "What is the capital of France, and why is it famous?",
    "The capital of France is Paris. It is famous for the Eiffel Tower, its art and its cafes.",
    "Write a Python function that adds two numbers.",
    "```python\ndef add(a, b):\n    return a + b\n```",
    "Give me three tips for growing tomatoes on a balcony.",
    "1. Choose a sunny place.\n2. Water them every day.\n3. Feed them once a week.",
)  # questions and answers by turns: what is large is large in any text


def smooth_activations(model: Any, tokenizer: Any) -> None:
    """Moves the size of activations into the weights, where the model's family is known.

    Args:
        model: of transformers; changed in place, by powers of two, so that its outputs stay as
            they are. Where input and output embeddings are one matrix, they become two.
        tokenizer: with a chat template.
    """
    import torch

    if model.config.model_type not in FAMILIES:
        return
    largest = _largest_inputs(model, tokenizer)
    with torch.no_grad():
        for layer in model.model.layers:
            attention, mlp = layer.self_attn, layer.mlp
            for norm, readers in (
                (layer.input_layernorm, [attention.q_proj, attention.k_proj, attention.v_proj]),
                (layer.post_attention_layernorm, [mlp.gate_proj, mlp.up_proj]),
                (mlp.up_proj, [mlp.down_proj]),
            ):
                _move(norm, readers, largest[readers[0]])
        head = model.lm_head
        head.weight = torch.nn.Parameter(head.weight.clone())
        model.config.tie_word_embeddings = False
        _move(model.model.norm, [head], largest[head])


def _move(writer: Any, readers: list[Any], inputs: Any) -> None:
    """Divides what `writer` gives, channel by channel, and multiplies what reads it."""
    import torch

    weights = torch.stack([reader.weight.abs().amax(0) for reader in readers]).amax(0)
    factors = (inputs.clamp(min=1e-5) / weights.clamp(min=1e-5)).sqrt()
    factors = (factors.log2() - factors.log2().mean()).round().exp2()
    writer.weight /= factors if writer.weight.dim() == 1 else factors[:, None]
    for reader in readers:
        reader.weight *= factors


def _largest_inputs(model: Any, tokenizer: Any) -> dict[Any, Any]:
    """Per linear layer the largest absolute value of each input channel, over some talks."""
    import torch

    largest: dict[Any, Any] = {}

    def note(module: Any, inputs: tuple, output: Any) -> None:
        values = inputs[0].abs().flatten(0, -2).amax(0)
        largest[module] = torch.maximum(largest.get(module, values), values)

    linear = [module for module in model.modules() if isinstance(module, torch.nn.Linear)]
    hooks = [module.register_forward_hook(note) for module in linear]
    try:
        with torch.inference_mode():
            for question, answer in zip(TALKS[::2], TALKS[1::2], strict=True):
                talk = [
                    {"role": "user", "content": question},
                    {"role": "assistant", "content": answer},
                ]
                text = tokenizer.apply_chat_template(talk, tokenize=False)
                ids = tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
                model(ids)
    finally:
        for hook in hooks:
            hook.remove()
    return {module: values.clone() for module, values in largest.items()}
