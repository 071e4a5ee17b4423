"""Uses a client that openapi-python-client generated: `python_client.py FOLDER PACKAGE URL KEY`."""

import sys
from importlib import import_module
from typing import Any


def main(folder: str, package: str, url: str, key: str) -> None:
    """List, insert, change, replace and delete rows, with a simple and a composite key."""
    sys.path.insert(0, folder)
    models = import_module(f"{package}.models")
    client = import_module(f"{package}.client").AuthenticatedClient(
        base_url=url, token=key, prefix="", auth_header_name="X-API-Key"
    )

    def call(name: str, *path: Any, **options: Any) -> Any:
        table = name.partition("_")[0]
        operation = import_module(f"{package}.api.shop_{table}.shop_{name}")
        return operation.sync(*path, client=client, **options)

    new = call("codes_create", body=models.ShopCodesNew(code="b,c/d", tag="blue"), fields="*")
    assert [row.tag for row in new.resource] == ["blue"], new
    assert call("codes_list_one", "b,c/d").tag == "blue"
    changed = call("codes_update_one", "b,c/d", body=models.ShopCodesChange(tag="red"))
    assert changed.tag == "red", changed
    call("codes_delete_one", "b,c/d")
    assert [row.code for row in call("codes_list").resource] == ["a"]

    line = models.ShopLinesNew(order_id=1, number=7, sku="bolt")
    assert call("lines_create", body=line).resource[0].count == 1
    assert call("lines_list_one", "1,7").sku == "bolt"
    assert call("lines_update_one", "1,7", body=models.ShopLinesChange(count=3)).count == 3
    replaced = call("lines_replace_one", "1,7", body=models.ShopLinesReplacement(sku="nut"))
    assert (replaced.sku, replaced.count) == ("nut", 1), replaced
    call("lines_delete_one", "1,7")
    page = call("lines_list", filter_="order_id = 1", order="number DESC", limit=1)
    assert [row.number for row in page.resource] == [2], page
    missing = call("lines_list_one", "1,7")
    assert missing.error.type_ == "row_not_found", missing


if __name__ == "__main__":
    main(*sys.argv[1:])
