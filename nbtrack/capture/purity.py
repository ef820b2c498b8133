"""What is known of methods and functions: which leave what they are given as it was.

Whatever is not known here may change it. Names alone decide, so that nothing is imported: a
method called ``mean`` is taken to be one that only looks.
"""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text, for tables of names."""
    return frozenset(text.split())


_BUILTIN = words(
    "abs all any ascii bin bool bytes callable chr classmethod complex dict dir display divmod "
    "enumerate filter float format frozenset getattr hasattr hash hex id input int isinstance "
    "issubclass iter len list map max memoryview min object oct open ord pow print property range "
    "repr reversed round set slice sorted staticmethod str sum super tuple type vars zip"
)
_PACKAGES = words(
    "altair bokeh catboost cmath collections copy dask dataclasses datasets datetime decimal "
    "fractions functools hashlib holoviews imageio io ipywidgets IPython itertools jax json "
    "lightgbm logging math matplotlib mpl_toolkits networkx numpy operator os pandas pathlib "
    "pickle PIL plotly polars pprint pyarrow random re scipy seaborn shap shutil skimage sklearn "
    "statistics statsmodels string sys tensorflow textwrap time timeit torch torchvision tqdm "
    "typing warnings xgboost"
)
"""Packages whose functions leave their arguments as they were, but for those in `_IMPURE`."""
_IMPURE = words(
    "shuffle put put_along_axis place putmask copyto fill_diagonal heappush heappop heapify "
    "heapreplace heappushpop insort insort_left insort_right setattr delattr exec eval next "
    "setitem delitem iadd isub imul ior "
    "clip_grad_norm_ clip_grad_value_ update_wrapper readinto seek setflags byteswap"
)
_STATE = words(
    "seed manual_seed manual_seed_all set_seed set_random_seed setstate set_state "
    "set_option set_options reset_option set_theme set_style set_context set_palette use chdir "
    "putenv unsetenv basicConfig filterwarnings simplefilter setrecursionlimit set_default_dtype "
    "set_default_device set_printoptions seterr set_config setlocale use_deterministic_algorithms "
    "set_num_threads set_float32_matmul_precision register_matplotlib_converters update append "
    "insert extend remove setLevel addHandler rc"
)
"""Functions of modules that change the state that later calls of the module see."""
_FRESH_RANDOM = words("default_rng RandomState Generator Random SystemRandom get_state")
_CHANGERS = words(
    "append extend insert remove pop popitem clear update setdefault add discard sort reverse "
    "appendleft popleft extendleft rotate fill resize put fit partial_fit fit_transform "
    "fit_predict fit_resample train backward step zero_grad load_state_dict set_params compile "
    "setflags itemset write writelines send close seed shuffle subtract difference_update "
    "intersection_update symmetric_difference_update add_module register_buffer"
)
_LOOKERS = words(
    # Built-in types
    "capitalize casefold center count decode encode endswith expandtabs find format format_map "
    "index isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable "
    "isspace istitle isupper join ljust lower lstrip partition removeprefix removesuffix replace "
    "rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title "
    "translate upper zfill get items keys values copy union intersection difference issubset "
    "issuperset isdisjoint symmetric_difference bit_length conjugate is_integer as_integer_ratio "
    "hex most_common elements total isoformat strftime timestamp date weekday total_seconds group "
    "groups groupdict match search fullmatch findall finditer sub "
    # Paths
    "exists is_file is_dir iterdir glob rglob read_text read_bytes resolve absolute with_suffix "
    "with_name relative_to joinpath as_posix stat "
    # Arrays and tensors
    "all any argmax argmin argsort astype cumprod cumsum diagonal dot flatten item max mean min "
    "nonzero prod ptp ravel repeat reshape round searchsorted squeeze std sum swapaxes take "
    "tobytes "
    "tolist trace transpose var view clip numpy cpu cuda detach to float double half long int bool "
    "size dim numel permute unsqueeze softmax log_softmax argwhere norm matmul mm bmm exp log sqrt "
    "abs pow clone contiguous expand type parameters named_parameters modules named_modules "
    "children state_dict topk eq ne lt gt le ge unbind chunk is_contiguous get_device "
    # Tables
    "agg aggregate align apply applymap assign asfreq at_time autocorr between bfill combine "
    "combine_first compare corr corrwith cov crosstab cummax cummin describe diff div drop "
    "drop_duplicates droplevel dropna duplicated equals eval ewm expanding explode ffill fillna "
    "filter first first_valid_index from_dict groupby gt head hist idxmax idxmin infer_objects "
    "info "
    "interpolate isin isna isnull iterrows itertuples iteritems kurt last mad map mask median melt "
    "memory_usage merge mode mul nlargest notna notnull nsmallest nunique pct_change pipe pivot "
    "pivot_table plot product quantile query rank reindex rename rename_axis reset_index "
    "resample rolling sample select select_dtypes sem set_axis set_index shift skew sort_index "
    "sort_values stack style sub tail to_csv to_datetime to_dict to_excel to_feather to_frame "
    "to_html to_json to_latex to_list to_markdown to_numpy to_parquet to_pickle to_records to_sql "
    "to_string to_timestamp transform tz_convert tz_localize unique unstack value_counts where xs "
    "with_columns group_by lazy collect join join_asof rows row get_column is_null is_not_null "
    "fill_null drop_nulls n_unique estimated_size to_pandas to_arrow to_pydict to_pylist cast "
    "slice "
    "boxplot idxmax set_flags sum_horizontal unnest lower_bound "
    # Estimators
    "decision_function get_booster get_depth get_feature_names_out get_n_leaves get_params "
    "inverse_transform kneighbors perplexity predict predict_log_proba predict_proba score "
    "score_samples staged_predict staged_predict_proba summary evaluate best_iteration"
)


def method_looks(method: str) -> bool:
    """Whether a method leaves the object that it is called on as it was."""
    return method in _LOOKERS or method.startswith(("is_", "get_", "to_", "as_"))


def method_changes(method: str) -> bool:
    """Whether a method is known to change the object that it is called on."""
    return method in _CHANGERS or (
        method.endswith("_") and not method.startswith("_") and method not in _LOOKERS
    )


def builtin_looks(name: str) -> bool:
    """Whether a built-in function leaves its arguments as they were."""
    return name in _BUILTIN


def function_looks(module: str, name: str) -> bool:
    """Whether a function or class of a module leaves its arguments as they were.

    Args:
        module: dotted path of the module.
        name: what is called.
    """
    if name in _IMPURE or (name.endswith("_") and not name.endswith("__")):
        return False
    return module.partition(".")[0] in _PACKAGES or name[:1].isupper()


def method_spares_arguments(module: str, method: str) -> bool:
    """Whether a method leaves its arguments as they were, whatever it does to its object.

    Args:
        module: of the object's class; empty where it is not known.
        method: what is called.
    """
    if module.partition(".")[0] in _PACKAGES or module == "builtins":
        return method not in _IMPURE
    return method in _LOOKERS or method in _CHANGERS


def sets_state(name: str) -> bool:
    """Whether a function of a module changes what later calls of that module see."""
    return name in _STATE


def draws(module: str, path: tuple[str, ...]) -> bool:
    """Whether a call moves on the random numbers that a module keeps.

    Args:
        module: dotted path of the module.
        path: the attributes that lead from it to the function.
    """
    parts = (*module.split("."), *path)
    return "random" in parts[:-1] and path[-1:] != () and path[-1] not in _FRESH_RANDOM
