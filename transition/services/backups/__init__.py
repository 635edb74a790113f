"""One encrypted file that holds everything: the database at one moment, then the photos, then what both must add up to.

The file is a tar in the age format: `age --decrypt -i KEY FILE | tar x` opens it without us, and
`cat database/* | gunzip` is an SQLite file or what pg_restore reads.
"""
