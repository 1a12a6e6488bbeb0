"""The rooms of `flowodm.reader`, which is where their public names are found."""
