using Jtfa.Silo.Decisions;

namespace Jtfa.Silo.Cluster;

/// <summary>
/// The membership table of a silo that stops while its database is away. Orleans tries to write that the silo leaves until the stop is out
/// of time, and stops nothing else meanwhile. Here such a write counts as done: the others notice by their probes, as after a crash. Until
/// the silo stops this is the table itself.
/// </summary>
internal sealed class LeavingMembershipTable(IMembershipTable table, SiloPhase phase) : IMembershipTable
{
    private volatile MembershipTableData? _last;

    public Task InitializeMembershipTable(bool tryInitTableVersion) =>
        table.InitializeMembershipTableAsync(tryInitTableVersion, CancellationToken.None);

    public Task DeleteMembershipTableEntries(string clusterId) =>
        table.DeleteMembershipTableEntriesAsync(clusterId, CancellationToken.None);

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) =>
        table.CleanupDefunctSiloEntriesAsync(beforeDate, CancellationToken.None);

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) =>
        table.InsertRowAsync(entry, tableVersion, CancellationToken.None);

    public Task UpdateIAmAlive(MembershipEntry entry) => table.UpdateIAmAliveAsync(entry, CancellationToken.None);

    public Task<MembershipTableData> ReadRow(SiloAddress key) => ReadRowAsync(key, CancellationToken.None);

    public Task<MembershipTableData> ReadAll() => ReadAllAsync(CancellationToken.None);

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        UpdateRowAsync(entry, etag, tableVersion, CancellationToken.None);

    public Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken) =>
        ReadAsync(() => table.ReadRowAsync(key, cancellationToken));

    public Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken) => ReadAsync(async () =>
        _last = await table.ReadAllAsync(cancellationToken));

    public async Task<bool> UpdateRowAsync(
        MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken)
    {
        try
        {
            return await table.UpdateRowAsync(entry, etag, tableVersion, cancellationToken);
        }
        catch (Exception failure) when (IsForgiven(failure))
        {
            return true;
        }
    }

    private async Task<MembershipTableData> ReadAsync(Func<Task<MembershipTableData>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception failure) when (_last is not null && IsForgiven(failure))
        {
            return _last;
        }
    }

    private bool IsForgiven(Exception failure) =>
        phase.Current is Phase.Stopping or Phase.Failed && PostgresDialect.IsAway(failure);
}
