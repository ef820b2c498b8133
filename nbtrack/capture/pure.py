"""Callables that are known to change nothing of what they are called on or given."""

from __future__ import annotations

_BUILTINS = """
abs all any ascii bin bool bytes callable chr complex dict dir display divmod enumerate filter
float format frozenset getattr hasattr hash help hex id int isinstance issubclass iter len list
map max min oct ord pow print range repr reversed round set slice sorted str sum super tuple
type vars zip deepcopy copy
"""
_CONTAINERS = """
as_integer_ratio capitalize casefold center count decode encode endswith expandtabs find format
format_map hex index is_integer isalnum isalpha isascii isdecimal isdigit isidentifier islower
isnumeric isprintable isspace istitle isupper items join keys ljust lower lstrip partition
removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines
startswith strip swapcase title translate upper values zfill get copy union intersection
difference issubset issuperset isdisjoint most_common elements
"""
_TABLES = """
abs agg aggregate all any apply argmax argmin argsort assign astype between clip corr cov cummax
cummin cumprod cumsum describe diff dot drop_duplicates dropna duplicated eq equals explode
ffill bfill first flatten floordiv ge groupby gt head hist idxmax idxmin info isin isna isnull
item iteritems iterrows itertuples kurt last le loc lt map max mean median melt memory_usage
merge min mode mul ne nlargest nonzero notna notnull nsmallest nunique pct_change pivot
pivot_table pow prod quantile query radd rank ravel reindex repeat reset_index reshape resample
rolling round sample sem set_index shift skew sort_index sort_values squeeze std sub sum
swapaxes tail take to_dict to_frame to_json to_list to_numpy to_string tobytes tolist transpose
truediv unique unstack stack value_counts var view where cpu cuda detach float double numpy size
dim select filter with_columns collect lazy
"""
_MODELS = """
decision_function evaluate get_params inverse_transform kneighbors predict predict_log_proba
predict_proba score score_samples state_dict summary transform
"""
_DRAWING = """
axhline axvline bar barh boxplot contour contourf errorbar fill_between imshow legend matshow
pcolormesh pie plot savefig scatter show text title violinplot xlabel xlim ylabel ylim subplots
figure
"""

FUNCTIONS = frozenset(_BUILTINS.split())
METHODS = frozenset(f"{_CONTAINERS}{_TABLES}{_MODELS}{_DRAWING}".split())
