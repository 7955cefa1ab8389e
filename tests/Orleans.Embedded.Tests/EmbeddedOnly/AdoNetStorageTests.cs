#if !ORLEANS
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Orleans.TestingHost;

namespace Orleans.Embedded.Tests;

/// <summary>State in SQLite. Orleans wants tables of its own there, which this engine makes for itself.</summary>
public sealed class AdoNetStorageTests(AdoNetSilo silo) : StorageTests(() => silo.Client, silo.Acts), IClassFixture<AdoNetSilo>
{
    [Fact]
    public async Task State_survives_the_silo()
    {
        var key = Guid.NewGuid().ToString("N");
        await NewKeeper(key).PlayAsync(Act(async k =>
        {
            k.State.State.Text = "kept";
            await k.State.WriteStateAsync();
        })).Soon();
        await silo.RestartAsync();

        Assert.Equal("kept", await silo.Client.GetGrain<IKeeper>(key).PlayAsync(Asks(k => k.State.State.Text ?? "")).Soon());
    }

    [Fact]
    public async Task Many_grains_write_at_once()
    {
        var write = Act(async k =>
        {
            k.State.State.Number++;
            await k.State.WriteStateAsync();
        });
        var keepers = Enumerable.Range(0, 20).Select(_ => NewKeeper()).ToArray();
        await Task.WhenAll(keepers.SelectMany(keeper => Enumerable.Range(0, 5).Select(_ => keeper.PlayAsync(write)))).Soon();
        var numbers = await Task.WhenAll(keepers.Select(keeper => keeper.PlayAsync(Asks(k => $"{k.State.State.Number}")))).Soon();

        Assert.All(numbers, number => Assert.Equal("12", number));
    }
}

/// <summary>A silo that keeps state in a database file of its own.</summary>
public sealed class AdoNetSilo : IAsyncLifetime
{
    private const string Invariant = "Microsoft.Data.Sqlite";
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;
    private InProcessTestCluster? _cluster;

    /// <summary>What its actors play.</summary>
    public Acts Acts { get; } = new();

    /// <summary>Its client.</summary>
    public IClusterClient Client => _cluster!.Client;

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        DbProviderFactories.RegisterFactory(Invariant, SqliteFactory.Instance);
        _cluster = EngineFixture.Build(Acts, silo => silo.AddAdoNetGrainStorage(EngineFixture.Storage, options =>
        {
            options.Invariant = Invariant;
            options.ConnectionString = $"Data Source={Path.Combine(_folder, "state.db")}";
        }));
        await _cluster.DeployAsync();
    }

    /// <summary>Stops it and starts another on the same file.</summary>
    public async Task RestartAsync()
    {
        await _cluster!.DisposeAsync();
        await InitializeAsync();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _cluster!.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }
}
#endif
