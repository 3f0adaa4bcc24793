"""Under which licence the texts of each known collection are, in SPDX's names where it has one."""

LICENCES = {
    "dream": "non-commercial research only",
    "dream_dev": "non-commercial research only",
    "gnome": "CC-BY-SA-3.0",
    "libreoffice_help": "MPL-2.0",
    "libreoffice_messages": "MPL-2.0",
    "miracl": "Apache-2.0; passages CC-BY-SA-3.0",
    "mlqa_r": "CC-BY-NC-4.0",
    "mlqa_train": "CC-BY-SA-4.0",
    "mmarco": "Apache-2.0; MS MARCO itself non-commercial research only",
    "mr_tydi": "Apache-2.0; passages CC-BY-SA-3.0",
    "squadshifts": "CC-BY-4.0",
    "squadshifts_amazon": "CC-BY-4.0",
    "squadshifts_new_wiki": "CC-BY-4.0",
    "squadshifts_nyt": "CC-BY-4.0",
    "squadshifts_reddit": "CC-BY-4.0",
    "xquad_r": "CC-BY-SA-4.0",
    "xtreme_train": "CC-BY-SA-4.0",
}
