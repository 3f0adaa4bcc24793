"""Under which licence the texts of each known collection are, in SPDX's names."""

LICENCES = {
    "gnome": "CC-BY-SA-3.0",
    "libreoffice_help": "MPL-2.0",
    "xquad_r": "CC-BY-SA-4.0",
    "mlqa_r": "CC-BY-NC-4.0",
}
