-- The members of each cluster. Every change of membership counts the cluster's version up, and is refused where another silo was first.
CREATE TABLE orleans_cluster (
    cluster_id text    NOT NULL PRIMARY KEY,
    version    integer NOT NULL DEFAULT 0
);

CREATE TABLE orleans_member (
    cluster_id    text        NOT NULL REFERENCES orleans_cluster ON DELETE CASCADE,
    address       text        NOT NULL,
    port          integer     NOT NULL,
    generation    integer     NOT NULL, -- when the silo started; one that is started again is another member
    silo_name     text        NOT NULL,
    host_name     text        NOT NULL,
    status        integer     NOT NULL, -- 1 created, 2 joining, 3 active, 4 shutting down, 5 stopping, 6 dead
    client_port   integer     NOT NULL, -- 0: takes no clients
    suspicions    text,                 -- who suspects it and since when
    started       timestamptz NOT NULL,
    alive         timestamptz NOT NULL, -- when it last said so
    PRIMARY KEY (cluster_id, address, port, generation)
);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', $$
    WITH added AS (
        INSERT INTO orleans_cluster (cluster_id) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT EXISTS (SELECT FROM added)
$$),
('InsertMembershipKey', $$
    WITH counted AS (
        UPDATE orleans_cluster SET version = version + 1
        WHERE cluster_id = @DeploymentId AND version = @Version AND NOT EXISTS (
            SELECT FROM orleans_member
            WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING 1),
    added AS (
        INSERT INTO orleans_member
            (cluster_id, address, port, generation, silo_name, host_name, status, client_port, started, alive)
        SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM counted
        RETURNING 1)
    SELECT EXISTS (SELECT FROM added)
$$),
('UpdateMembershipKey', $$
    WITH counted AS (
        UPDATE orleans_cluster SET version = version + 1
        WHERE cluster_id = @DeploymentId AND version = @Version AND EXISTS (
            SELECT FROM orleans_member
            WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING 1),
    changed AS (
        UPDATE orleans_member SET status = @Status, suspicions = @SuspectTimes, alive = @IAmAliveTime FROM counted
        WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
        RETURNING 1)
    SELECT EXISTS (SELECT FROM changed)
$$),
('UpdateIAmAlivetimeKey', $$
    UPDATE orleans_member SET alive = @IAmAliveTime
    WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$$),
('MembershipReadRowKey', $$
    SELECT m.address AS Address, m.port AS Port, m.generation AS Generation, m.silo_name AS SiloName, m.host_name AS HostName,
        m.status AS Status, m.client_port AS ProxyPort, m.suspicions AS SuspectTimes, m.started AS StartTime, m.alive AS IAmAliveTime,
        c.version AS Version
    FROM orleans_cluster c LEFT JOIN orleans_member m
        ON m.cluster_id = c.cluster_id AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
    WHERE c.cluster_id = @DeploymentId
$$),
('MembershipReadAllKey', $$
    SELECT m.address AS Address, m.port AS Port, m.generation AS Generation, m.silo_name AS SiloName, m.host_name AS HostName,
        m.status AS Status, m.client_port AS ProxyPort, m.suspicions AS SuspectTimes, m.started AS StartTime, m.alive AS IAmAliveTime,
        c.version AS Version
    FROM orleans_cluster c LEFT JOIN orleans_member m ON m.cluster_id = c.cluster_id
    WHERE c.cluster_id = @DeploymentId
$$),
('GatewaysQueryKey', $$
    SELECT address AS Address, client_port AS ProxyPort, generation AS Generation FROM orleans_member
    WHERE cluster_id = @DeploymentId AND status = @Status AND client_port > 0
$$),
('DeleteMembershipTableEntriesKey', $$
    DELETE FROM orleans_cluster WHERE cluster_id = @DeploymentId
$$),
('CleanupDefunctSiloEntriesKey', $$
    DELETE FROM orleans_member WHERE cluster_id = @DeploymentId AND alive < @IAmAliveTime AND status <> 3
$$);
