"""Keras, Lightning and transformers: a small training each, on the CPU."""

from __future__ import annotations

import logging

import pytest

import nbtrack

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def keras_model(keras):
    """A small network, compiled."""
    model = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(1, activation="sigmoid")])
    rate = keras.optimizers.Adam(0.01)
    model.compile(optimizer=rate, loss="binary_crossentropy", metrics=["accuracy"])
    return model


def test_keras_history_and_compile_settings(last, data) -> None:
    """The history is what Keras returns; settings are as they were written."""
    keras = pytest.importorskip("keras")
    model = keras_model(keras)
    stop = keras.callbacks.EarlyStopping(patience=9)
    history = model.fit(
        *data, epochs=3, batch_size=30, validation_split=0.25, verbose=0, callbacks=[stop]
    )
    run = last()
    for key in ("loss", "accuracy", "val_loss", "val_accuracy"):
        series = nbtrack.metric_history(run.run_id, key)
        assert series.steps.tolist() == [0, 1, 2]
        assert series.values.tolist() == history.history[key]
    params = run.data.params
    assert params["Adam.learning_rate"] == "0.01"
    assert params["compile.loss"] == "binary_crossentropy"
    assert (params["fit.epochs"], params["fit.batch_size"]) == ("3", "30")
    assert run.params["Adam.beta_1"].origin.is_default
    store = nbtrack.tracking.session.session().store
    assert b"Total params" in store.read_artifact(run.run_id, "model_summary.txt")[1]


def test_keras_takes_any_form_of_callbacks(last, data) -> None:
    """One callback alone, and a list object of Keras' own, which stays the user's."""
    keras = pytest.importorskip("keras")
    model = keras_model(keras)
    given = keras.callbacks.CallbackList([], model=model, add_history=True)
    before = len(given.callbacks)
    model.fit(*data, 32, 2, 0, given)
    assert len(given.callbacks) == before
    assert last().metrics["loss"].count == 2
    assert last().data.params["fit.epochs"] == "2"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("package", ["lightning", "pytorch_lightning"])
def test_lightning(last, data, package: str, tmp_path) -> None:
    """What a module logs, by epoch or by step as it logs it; hyperparameters; the optimizer."""
    lightning = pytest.importorskip(package)
    logging.getLogger(f"{package}.pytorch").setLevel(logging.ERROR)

    class Net(lightning.LightningModule):
        def __init__(self, width: int = 3, lr: float = 0.1) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(4, 1)

        def _loss(self, batch):
            return ((self.layer(batch[0]).squeeze() - batch[1]) ** 2).mean()

        def training_step(self, batch, index):
            loss = self._loss(batch)
            self.log("both", loss, on_step=True, on_epoch=True)
            self.log("by_step", loss)
            self.log("by_epoch", loss, on_step=False, on_epoch=True)
            return loss

        def validation_step(self, batch, index):
            self.log("val_loss", self._loss(batch))

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=self.hparams.lr)

    inputs, labels = (torch.tensor(part, dtype=torch.float32) for part in data)
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(inputs, labels), batch_size=40
    )
    trainer = lightning.Trainer(
        max_epochs=2,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        accelerator="cpu",
        default_root_dir=tmp_path,
    )
    trainer.fit(Net(width=5), loader, loader)
    run = last()
    steps = {key: (metric.count, metric.last_step) for key, metric in run.metrics.items()}
    assert steps == {
        "both_step": (6, 5),
        "by_step": (6, 5),
        "both_epoch": (2, 1),
        "by_epoch": (2, 1),
        "val_loss": (2, 1),
    }
    assert run.data.metrics["val_loss"] == pytest.approx(
        float(trainer.callback_metrics["val_loss"])
    )
    params = run.data.params
    assert (params["Net.width"], params["SGD.lr"], params["Trainer.max_epochs"]) == (
        "5",
        "0.1",
        "2",
    )
    assert not [each for each in trainer.callbacks if "nbtrack" in type(each).__module__]


@pytest.mark.filterwarnings("ignore")
def test_transformers(last, tmp_path, capsys) -> None:
    """What the trainer logs at its steps, and the arguments that someone chose."""
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    config = transformers.BertConfig(
        vocab_size=20,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=16,
    )
    samples = [
        {"input_ids": torch.randint(0, 20, (6,)), "labels": torch.tensor(number % 2)}
        for number in range(16)
    ]
    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path),
        num_train_epochs=2,
        per_device_train_batch_size=4,
        learning_rate=0.001,
        logging_steps=2,
        eval_strategy="epoch",
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
        hub_token="hf_secret",
    )
    trainer = transformers.Trainer(
        model=transformers.BertForSequenceClassification(config),
        args=arguments,
        train_dataset=samples,
        eval_dataset=samples,
    )
    before = list(trainer.callback_handler.callbacks)
    trainer.train()
    run = last()
    logged = [entry for entry in trainer.state.log_history if "loss" in entry]
    series = nbtrack.metric_history(run.run_id, "loss")
    assert series.steps.tolist() == [entry["step"] for entry in logged] == [2, 4, 6, 8]
    assert series.values.tolist() == [entry["loss"] for entry in logged]
    assert run.metrics["eval_loss"].count == 2
    assert run.data.params["TrainingArguments.learning_rate"] == "0.001"
    assert run.params["TrainingArguments.learning_rate"].origin.is_default is False
    assert run.params["TrainingArguments.weight_decay"].origin.is_default
    assert run.data.params["BertConfig.hidden_size"] == "8"
    assert "hf_secret" not in run.data.params.values()
    assert trainer.callback_handler.callbacks == before
