"""What libraries say of their own fits: one module for each library, and when it is listened to.

A module here is loaded when the user's code has imported its library, and hooks into it then:

| library | hook | what is recorded |
|---|---|---|
| scikit-learn | ``fit`` of every estimator | params, training score, searches' candidates as runs |
| XGBoost, LightGBM, CatBoost | a callback of the training | params, a series for each evaluation |
| Keras | a callback of ``Model.fit`` | compile settings, the history |
| Lightning | a callback of ``Trainer.fit`` | hyperparameters, logged metrics |
| transformers | a callback of ``Trainer.train`` | ``TrainingArguments``, logs |
| statsmodels | ``fit`` of every model | params of the fit, what its summary says |
| Optuna | a callback of ``Study.optimize`` | the best trial, trials as runs |

Only the outermost fit is recorded: what a pipeline, a search or a study fits inside is its own
matter. Facts go to the active run, keep MLflow's names where those are the field's, and never
take the place of what the user or the cell recorded (`nbtrack.tracking.autologged`).
"""
