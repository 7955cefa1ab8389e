using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Language.Architectures;
using Jtfa.Language.Files;
using Jtfa.Language.Files.Pieces;
using Jtfa.Language.Kernels;
using Jtfa.Language.Models;
using Jtfa.Silo.Cluster;
using Jtfa.Silo.Language;
using Jtfa.Silo.Tests.Http;
using Jtfa.Silo.Tests.Ingress;
using Jtfa.Testing.Language;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.TestingHost;

namespace Jtfa.Silo.Tests.Language;

/// <summary>
/// Silos that know each other, of which some have a model's file: what they can do, and pieces of the file for those without.
/// </summary>
[Collection(WholeSilo.Name)]
public sealed class ModelClusterTests : IAsyncLifetime
{
    private const string Model = "small";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("jtfa-silos-");
    private readonly CollectedLog _log = new();
    private InProcessTestCluster _cluster = null!;
    private HeldPieces _givesPieces = null!; // of the first silo

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_folder.FullName, "model.gguf");

    public async ValueTask InitializeAsync()
    {
        RandomModel.Write(File, "llama", vocabulary: 9_000);
        System.IO.File.Copy(File, Path.Combine(_folder.FullName, "other.gguf"));
        var builder = new InProcessTestClusterBuilder(3);
        builder.Options.ConfigureFileLogging = false;
        var number = -1;
        builder.ConfigureSilo((options, silo) =>
        {
            var own = Interlocked.Increment(ref number);
            silo.Services.AddLogging(logging => logging.AddProvider(_log));
            silo.UseSiloMetadata(new Dictionary<string, string> { [Placement.RoleKey] = nameof(SiloRole.Both) });
            silo.Services.TryAddSingleton(TimeProvider.System);
            silo.Services.AddSingleton(Microsoft.Extensions.Options.Options.Create(new LanguageOptions
            {
                Threads = 1,
                MemoryMiB = 64,
                CacheFolder = Path.Combine(_folder.FullName, $"cache{own}"),
                CacheMiB = 16,
                Models = own == 2 ? [] : [new() { Name = Model, File = own == 0 ? File : Path.Combine(_folder.FullName, "other.gguf") }],
            }));
            silo.Services.AddSingleton<NamedSilos>();
            silo.Services.AddSingleton<ILanguageSilos>(services => services.GetRequiredService<NamedSilos>());
            silo.AddPlacementDirector<NamedSiloPlacement, NamedSiloDirector>();
            silo.AddPlacementDirector<ModelPlacement, ModelOwnerDirector>();
            silo.Services.AddSingleton<ISiloCapabilities, SiloCapabilities>();
            silo.Services.AddSingleton<ModelPieces>();
            silo.Services.AddSingleton<IModelPieces>(services => own == 0
                ? _givesPieces = new HeldPieces(services.GetRequiredService<ModelPieces>())
                : services.GetRequiredService<ModelPieces>());
            silo.Services.AddSingleton<IModelPlans, ModelPlans>();
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();

        // What a silo is for arrives a little later than its membership.
        foreach (var silo in _cluster.Silos)
        {
            var silos = silo.ServiceProvider.GetRequiredService<ILanguageSilos>();
            await ApiTests.UntilAsync(() => Task.FromResult(silos.Names), names => names.Count == 3);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_plan_is_made_of_what_the_silos_say_of_themselves()
    {
        var plans = Having(0).GetRequiredService<IModelPlans>();
        var proposal = await plans.ProposeAsync(Model, 4, PlanGoal.Throughput, null, null, Cancel);
        Assert.Null(proposal!.Fault);
        Assert.Empty(proposal.Silent);
        Assert.Equal(3, proposal.Silos.Select(silo => silo.Silo).Distinct().Count());
        Assert.Equal(3, proposal.Ways.Length);
        Assert.All(proposal.Silos, silo => Assert.Equal((64L << 20, 1, "F32"), (silo.Bytes, silo.Threads, silo.Format)));
        Assert.All(proposal.Ways, way => Assert.True(way.RoundTripSeconds > 0 && way.BytesPerSecond > 0 && way.From != way.To));
        Assert.Equal(Having(0).GetRequiredService<ILocalSiloDetails>().Name, proposal.Plan!.Stages[0].Silo);
        Assert.Empty(proposal.Plan.Faults(2));

        // Measured once: the same again.
        var again = await plans.ProposeAsync(Model, 4, PlanGoal.Throughput, null, null, Cancel);
        Assert.Equal(proposal.Silos, again!.Silos);
        Assert.Equal(proposal.Ways, again.Ways);
        var other = proposal.Silos.First(silo => silo.Silo != proposal.Plan.Stages[0].Silo).Silo;
        var given = $"blocks 0: {proposal.Plan.Stages[0].Silo}; 1: {other}";
        var judged = await plans.ProposeAsync(Model, 4, PlanGoal.Throughput, given, null, Cancel);
        Assert.Equal([other], judged!.Stages.Skip(1).Select(stage => stage.Silo));
        Assert.True(judged.TokensPerSecond > 0 && judged.TokensPerSecond <= proposal.TokensPerSecond * (1 + 1e-9));
        var shared = await plans.ProposeAsync(
            Model, 1, PlanGoal.Latency, $"0-1: {proposal.Plan.Stages[0].Silo}[1] & {other}[3]", null, Cancel);
        Assert.Equal([1, 3], shared!.Plan!.Stages.Single().Shards.Select(shard => shard.Heads));
        Assert.Contains(
            "stage 0 is on silo nobody, known are ",
            (await plans.ProposeAsync(Model, 1, PlanGoal.Latency, "0-1: nobody", null, Cancel))!.Fault!,
            StringComparison.Ordinal);
        Assert.Null(await plans.ProposeAsync("none", 1, PlanGoal.Latency, null, null, Cancel));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_silo_without_the_file_gets_what_its_blocks_need_although_one_of_those_that_have_it_lies()
    {
        // The second silo's file is changed after it was read: it gives other bytes than it says.
        var liar = Having(1);
        Assert.NotNull(await liar.GetRequiredService<IModelPieces>().FileOfAsync(Model, Cancel));
        var path = Path.Combine(_folder.FullName, "other.gguf");
        var writtenAt = System.IO.File.GetLastWriteTimeUtc(path);
        await System.IO.File.WriteAllBytesAsync(path, [.. System.IO.File.ReadAllBytes(path).Select(one => (byte)~one)], Cancel);
        System.IO.File.SetLastWriteTimeUtc(path, writtenAt);

        var pieces = Having(2).GetRequiredService<ModelPieces>();
        var part = new ModelPart(1, 1, false);
        var taken = await pieces.PathOfAsync(Model, NameOf(0), part, Cancel);
        Assert.StartsWith(Path.Combine(_folder.FullName, "cache2"), taken, StringComparison.Ordinal);
        using (var whole = GgufFile.Open(File))
        using (var partial = GgufFile.Open(taken))
        {
            Assert.All(
                part.TensorsOf(whole, Architecture.Of(whole)),
                tensor => Assert.Equal(whole.Rows(tensor, 0, tensor.Rows), partial.Rows(tensor, 0, tensor.Rows)));
            Assert.Throws<ModelFileException>(() => partial.Rows(partial.Find("output.weight")!, 4_000, 1));
            using var workers = new Workers(1);
            using var stage = new Stage(
                partial, Architecture.Of(partial), Hyperparameters.Of(partial, Architecture.Of(partial)), 1, 1, workers);
        }

        var left = $"Silo {NameOf(1)} is not asked for the model small's file any more: piece ";
        Assert.Contains(
            _log.Lines,
            line => line.StartsWith(left, StringComparison.Ordinal) && line.EndsWith("another one there", StringComparison.Ordinal));
        Assert.Equal(taken, await pieces.PathOfAsync(Model, NameOf(0), part, Cancel));
        Assert.Equal(File, await Having(0).GetRequiredService<ModelPieces>().PathOfAsync(Model, NameOf(0), part, Cancel));
        var fault = await Assert.ThrowsAsync<ModelFileException>(() => pieces.PathOfAsync("none", NameOf(0), part, Cancel));
        Assert.Contains("does not give its file", fault.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_fetched_before_a_silo_ended_is_not_fetched_again()
    {
        const int Given = 7;
        System.IO.File.Delete(Path.Combine(_folder.FullName, "other.gguf")); // the second silo has none
        Having(0).GetRequiredService<IModelPieces>();
        var taker = Having(2);
        var part = new ModelPart(0, 2, Starts: true);
        int all;
        using (var ends = ActivatorUtilities.CreateInstance<ModelPieces>(taker))
        {
            // After so many pieces the others are on their way when the silo ends.
            _givesPieces.Held = new(Given);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            var fetch = ends.PathOfAsync(Model, NameOf(0), part, ending.Token);
            await ApiTests.UntilAsync(() => Task.FromResult(_givesPieces.Held.Waiting), waiting => waiting == 3);
            await ending.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetch);
            all = PieceManifest.CountOf(new FileInfo(File).Length);
        }

        _givesPieces.Held = new(int.MaxValue);
        using var begins = ActivatorUtilities.CreateInstance<ModelPieces>(taker);
        var path = await begins.PathOfAsync(Model, NameOf(0), part, Cancel);
        Assert.True(all > 2 * Given);
        Assert.Equal(all - Given, _givesPieces.Held.Asked);
        Assert.Equal(await System.IO.File.ReadAllBytesAsync(File, Cancel), await System.IO.File.ReadAllBytesAsync(path, Cancel));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_grain_of_a_silo_that_is_not_there_says_which_there_are()
    {
        var grain = _cluster.Client.GetGrain<ISiloCapabilityGrain>("nobody");
        var fault = await Assert.ThrowsAnyAsync<Exception>(() => grain.EchoAsync([1], Cancel));
        Assert.Contains("No silo of the cluster is named 'nobody': known are ", fault.ToString(), StringComparison.Ordinal);
        Assert.All(_cluster.Silos, silo => Assert.Contains(silo.Name, fault.ToString(), StringComparison.Ordinal));
        foreach (var silo in _cluster.Silos)
        {
            var own = _cluster.Client.GetGrain<ISiloCapabilityGrain>(silo.Name);
            Assert.Equal([1, 2], await own.EchoAsync([1, 2], Cancel));
            Assert.Equal(silo.Name, (await own.GetCapabilityAsync("q4_0", Cancel)).Silo);
        }
    }

    /// <summary>Gives pieces up to a number of them, and then none.</summary>
    private sealed class HeldPieces(ModelPieces pieces) : IModelPieces
    {
        public Hold Held { get; set; } = new(int.MaxValue);

        public Task<PiecedFile?> FileOfAsync(string model, CancellationToken cancellationToken) =>
            pieces.FileOfAsync(model, cancellationToken);

        public Task<byte[]?> HashesAsync(string model, string digest, int first, CancellationToken cancellationToken) =>
            pieces.HashesAsync(model, digest, first, cancellationToken);

        public async Task<byte[]?> ReadAsync(string model, string digest, int piece, CancellationToken cancellationToken)
        {
            await Held.PassAsync(cancellationToken);
            return await pieces.ReadAsync(model, digest, piece, cancellationToken);
        }

        public Task FetchAsync(string model, string source, int first, int count, CancellationToken cancellationToken) =>
            pieces.FetchAsync(model, source, first, count, cancellationToken);

        /// <summary>Lets so many pass.</summary>
        public sealed class Hold(int most)
        {
            private int _asked;
            private int _waiting;

            public int Asked => Volatile.Read(ref _asked);

            public int Waiting => Volatile.Read(ref _waiting);

            public async Task PassAsync(CancellationToken cancellationToken)
            {
                if (Interlocked.Increment(ref _asked) <= most) return;
                Interlocked.Increment(ref _waiting);
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }
        }
    }

    // Silos start in any order, so that which of them has which file is told by its options.
    private IServiceProvider Having(int number) => _cluster.Silos.Select(silo => silo.ServiceProvider).Single(
        services => services.GetRequiredService<Microsoft.Extensions.Options.IOptions<LanguageOptions>>().Value.CacheFolder
            .EndsWith($"cache{number}", StringComparison.Ordinal));

    private string NameOf(int number) => Having(number).GetRequiredService<ILocalSiloDetails>().Name;
}
