"""Items from files: YAML and CSV in, plain values out. Knows neither the database nor a clock.

`inputs.py` lists the fields, `moments.py` tells how dates are written. Both readers raise
`InvalidRows` with one `InvalidInput` for each bad place, and give nothing where anything is wrong.
"""

from promo.importing.csv_file import read_csv
from promo.importing.inputs import ItemInput, PictureInput
from promo.importing.yaml_file import read_yaml

__all__ = ["ItemInput", "PictureInput", "read_csv", "read_yaml"]
