-- What Orleans' ADO.NET providers find their statements by: it reads these by key and runs them as they stand, with the parameters that
-- they name. They ask for a table and two columns of these names; all else is ours.
CREATE TABLE OrleansQuery (
    QueryKey  TEXT NOT NULL PRIMARY KEY,
    QueryText TEXT NOT NULL
);

-- Which silos are members. Every change of membership goes through the cluster's row: whoever makes one says which version he has seen,
-- and of two that saw the same version one fails.
CREATE TABLE orleans_cluster (
    cluster TEXT        NOT NULL PRIMARY KEY,
    version INTEGER     NOT NULL,
    changed TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE TABLE orleans_silo (
    cluster    TEXT        NOT NULL REFERENCES orleans_cluster,
    address    TEXT        NOT NULL,
    port       INTEGER     NOT NULL,
    generation INTEGER     NOT NULL, -- tells a silo from those before it at the same address
    name       TEXT        NOT NULL,
    host       TEXT        NOT NULL,
    status     INTEGER     NOT NULL, -- 3 active, 6 dead
    proxy_port INTEGER     NOT NULL, -- where clients connect; 0: nowhere
    suspects   TEXT,                 -- who suspected it when
    started    TIMESTAMPTZ NOT NULL,
    alive      TIMESTAMPTZ NOT NULL, -- when it last said so
    PRIMARY KEY (cluster, address, port, generation)
);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', $query$
    WITH made AS (
        INSERT INTO orleans_cluster (cluster, version) VALUES (@DeploymentId, 0)
        ON CONFLICT DO NOTHING
        RETURNING cluster)
    SELECT EXISTS (SELECT FROM made)
$query$),
-- A row of the cluster that another transaction changes meanwhile is waited for and looked at again: its version differs then.
('InsertMembershipKey', $query$
    WITH turn AS (
        UPDATE orleans_cluster SET version = version + 1, changed = now()
        WHERE cluster = @DeploymentId AND version = @Version AND NOT EXISTS (
            SELECT FROM orleans_silo
            WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING cluster),
    joined AS (
        INSERT INTO orleans_silo (cluster, address, port, generation, name, host, status, proxy_port, started, alive)
        SELECT cluster, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM turn
        RETURNING cluster)
    SELECT EXISTS (SELECT FROM joined)
$query$),
('UpdateMembershipKey', $query$
    WITH turn AS (
        UPDATE orleans_cluster SET version = version + 1, changed = now()
        WHERE cluster = @DeploymentId AND version = @Version AND EXISTS (
            SELECT FROM orleans_silo
            WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING cluster),
    changed AS (
        UPDATE orleans_silo s SET status = @Status, suspects = @SuspectTimes, alive = @IAmAliveTime
        FROM turn
        WHERE s.cluster = turn.cluster AND s.address = @Address AND s.port = @Port AND s.generation = @Generation
        RETURNING s.cluster)
    SELECT EXISTS (SELECT FROM changed)
$query$),
-- No change of membership, so it leaves the version alone.
('UpdateIAmAlivetimeKey', $query$
    UPDATE orleans_silo SET alive = @IAmAliveTime
    WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$query$),
-- The version comes even where there is no such silo, the silo's columns being NULL.
('MembershipReadRowKey', $query$
    SELECT s.address AS Address, s.port AS Port, s.generation AS Generation, s.name AS SiloName, s.host AS HostName, s.status AS Status,
        s.proxy_port AS ProxyPort, s.suspects AS SuspectTimes, s.started AS StartTime, s.alive AS IAmAliveTime, c.version AS Version
    FROM orleans_cluster c
    LEFT JOIN orleans_silo s ON s.cluster = c.cluster AND s.address = @Address AND s.port = @Port AND s.generation = @Generation
    WHERE c.cluster = @DeploymentId
$query$),
('MembershipReadAllKey', $query$
    SELECT s.address AS Address, s.port AS Port, s.generation AS Generation, s.name AS SiloName, s.host AS HostName, s.status AS Status,
        s.proxy_port AS ProxyPort, s.suspects AS SuspectTimes, s.started AS StartTime, s.alive AS IAmAliveTime, c.version AS Version
    FROM orleans_cluster c
    LEFT JOIN orleans_silo s ON s.cluster = c.cluster
    WHERE c.cluster = @DeploymentId
$query$),
('GatewaysQueryKey', $query$
    SELECT address AS Address, proxy_port AS ProxyPort, generation AS Generation
    FROM orleans_silo
    WHERE cluster = @DeploymentId AND status = @Status AND proxy_port > 0
$query$),
('CleanupDefunctSiloEntriesKey', $query$
    DELETE FROM orleans_silo WHERE cluster = @DeploymentId AND status = 6 AND alive < @IAmAliveTime
$query$),
('DeleteMembershipTableEntriesKey', $query$
    WITH gone AS (DELETE FROM orleans_silo WHERE cluster = @DeploymentId)
    DELETE FROM orleans_cluster WHERE cluster = @DeploymentId
$query$);
