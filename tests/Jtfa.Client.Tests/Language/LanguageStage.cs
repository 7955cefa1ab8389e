using Jtfa.Client.Tests.Stage;
using Jtfa.Interfaces;
using Jtfa.Language.Models;
using Jtfa.Testing.Language;

namespace Jtfa.Client.Tests.Language;

/// <summary>
/// A silo with language models: one of random weights by two names, of which "narrow" computes one text at a time and lets none wait; the
/// one that is shipped; and one that gives embeddings.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class LanguageStage : ICollectionFixture<LanguageStage>, IAsyncLifetime
{
    public const string Name = "language silo";

    public const string Random = "random";
    public const string Narrow = "narrow";
    public const string Shipped = "shipped";
    public const string Encoder = "encoder";

    /// <summary>A text so long that it is not over before something is done to it.</summary>
    public const int Endless = 60_000;

    private readonly Workspace _workspace = new();

    internal LiveSilo Silo { get; private set; } = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Silo = await StartAsync(_workspace);

    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        _workspace.Dispose();
    }

    /// <summary>Starts such a silo in a workspace.</summary>
    internal static Task<LiveSilo> StartAsync(Workspace workspace)
    {
        RandomModel.Write(workspace["random.gguf"], "llama:mqa", context: 100_000);
        RandomModel.Write(workspace["encoder.gguf"], "bert");
        return LiveSilo.StartAsync(workspace, settings: new Dictionary<string, string?>
        {
            ["Jtfa:Language:Threads"] = "1",
            ["Jtfa:Language:MemoryMiB"] = "256",
            ["Jtfa:Language:Models:0:Name"] = Random,
            ["Jtfa:Language:Models:0:File"] = workspace["random.gguf"],
            ["Jtfa:Language:Models:0:Pages"] = "8192",
            ["Jtfa:Language:Models:1:Name"] = Narrow,
            ["Jtfa:Language:Models:1:File"] = workspace["random.gguf"],
            ["Jtfa:Language:Models:1:Preload"] = "false",
            ["Jtfa:Language:Models:1:Pages"] = "8192",
            ["Jtfa:Language:Models:1:MaxRunning"] = "1",
            ["Jtfa:Language:Models:1:MaxWaiting"] = "0",
            ["Jtfa:Language:Models:2:Name"] = Shipped,
            ["Jtfa:Language:Models:2:File"] = ShippedModel.ModelPath,
            ["Jtfa:Language:Models:2:Preload"] = "false",
            ["Jtfa:Language:Models:3:Name"] = Encoder,
            ["Jtfa:Language:Models:3:File"] = workspace["encoder.gguf"],
            ["Jtfa:Language:Models:3:Preload"] = "false",
        });
    }

    /// <summary>Completes when no text of a model has a page.</summary>
    internal async Task<ModelStatus> UntilFreeAsync(string model)
    {
        var grain = Silo.Cluster.GetGrain<IModelGrain>(model);
        var last = await grain.GetStatusAsync(Cancel);
        await Condition.HoldsAsync(
            () => grain.GetStatusAsync(Cancel)!, status => (last = status) is { Running: 0, Waiting: 0, PagesRead: 0 }, "no text runs");
        return last!;
    }
}
