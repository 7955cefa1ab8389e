-- What Orleans' ADO.NET providers read at their start: the statements by which they use the tables of the scripts that follow. The name
-- of this table and of its columns, the keys, the parameters and the columns of the results are Orleans'; all else is ours.
CREATE TABLE OrleansQuery (
    QueryKey  text NOT NULL PRIMARY KEY,
    QueryText text NOT NULL
);
