using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;
using Jtfa.Silo.Language;
using Jtfa.Silo.Tests.Decisions;
using Jtfa.Silo.Tests.Ingress;
using Jtfa.Testing.Language;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Tests.Language;

/// <summary>Models in memory, without a silo around them.</summary>
[Collection(WholeSilo.Name)]
public sealed class LanguageModelsTests : IDisposable
{
    private const string Worker = "language "; // what a thread's name begins with

    private readonly string _file = Path.GetTempFileName();

    public LanguageModelsTests() => RandomModel.Write(_file, "llama:mqa", context: 100_000);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_file);

    [Fact(Timeout = 60_000)]
    public async Task One_that_idles_for_its_time_is_unloaded_and_one_that_writes_stays()
    {
        var clock = new ManualClock();
        await using var folder = new LogFolder();
        using var models = await StartAsync(folder, clock, new() { Models = [Model("busy"), Model("idle")] });
        await Condition.HoldsAsync(() => States(models), states => states == (ModelState.Loaded, ModelState.Loaded), "both are loaded");
        var (_, text) = await models.SubmitAsync("busy/one", Request("busy"), Cancel);
        await Condition.HoldsAsync(() => models.StatusOf("busy")!.Running, running => running == 1, "it writes");

        clock.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal((ModelState.Loaded, ModelState.Loaded), States(models));
        clock.Advance(TimeSpan.FromMinutes(1) + TimeSpan.FromSeconds(2));
        await Condition.HoldsAsync(() => States(models), states => states.Idle == ModelState.Unloaded, "it is unloaded");
        Assert.Equal(ModelState.Loaded, States(models).Busy); // it was looked at first

        text!.Cancel();
        await text.Completion;
        await Condition.HoldsAsync(() => models.StatusOf("busy")!.Running, running => running == 0, "it idles");
        clock.Advance(TimeSpan.FromSeconds(2)); // looked at while it wrote: it idles from now on
        clock.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(2));
        await Condition.HoldsAsync(() => States(models), states => states.Busy == ModelState.Unloaded, "it is unloaded");
        await models.StopAsync(Cancel);
    }

    [Fact(Timeout = 60_000)]
    public async Task All_of_them_have_the_threads_of_one()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Threads are counted in /proc.");
        await using var folder = new LogFolder();
        var options = new LanguageOptions { Threads = 4, MemoryMiB = 1024, Models = [Model("busy"), Model("idle")] };
        using (var models = await StartAsync(folder, TimeProvider.System, options))
        {
            await Condition.HoldsAsync(() => States(models), states => states == (ModelState.Loaded, ModelState.Loaded), "loaded");
            Assert.Equal(["language 1", "language 2", "language 3"], Workers()); // and who has the turn, the fourth
            Assert.Equal((4, 1L << 30), (models.StatusOf("idle")!.Threads, models.StatusOf("idle")!.MostBytes));
            await models.StopAsync(Cancel);
        }

        await Condition.HoldsAsync(Workers, left => left.Length == 0, "its threads end"); // the kernel shows one a little longer
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_models_there_is_no_thread()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Threads are counted in /proc.");
        var clock = new ManualClock();
        await using var folder = new LogFolder();
        using var models = await StartAsync(folder, clock, new());
        Assert.Empty(Workers());
        Assert.Equal(0, clock.Armed);
        await models.StopAsync(Cancel);
    }

    private static (ModelState Busy, ModelState Idle) States(LanguageModels models) =>
        (models.StatusOf("busy")!.State, models.StatusOf("idle")!.State);

    private static string[] Workers() =>
    [
        .. Directory.GetDirectories("/proc/self/task").Select(task => File.ReadAllText(Path.Combine(task, "comm")).TrimEnd())
            .Where(name => name.StartsWith(Worker, StringComparison.Ordinal) && char.IsAsciiDigit(name[^1])).Order(),
    ];

    private static async Task<LanguageModels> StartAsync(LogFolder folder, TimeProvider clock, LanguageOptions options)
    {
        var log = await folder.StartAsync();
        var models = new LanguageModels(
            new OptionsWrapper<LanguageOptions>(options), log, new KeptTexts(SqlDialect.For(folder.Options), clock), new SoleSilo(),
            _ => null, (_, _) => throw new InvalidOperationException("No model here has a plan."), clock,
            NullLogger<LanguageModels>.Instance);
        await models.StartAsync(Cancel);
        return models;
    }

    private static TextRequest Request(string model) => new()
    {
        Model = model,
        Prompt = "Once",
        MaxTokens = LanguageSilo.Endless,
        LogitBias = new() { [2] = -100 },
    };

    private ModelOptions Model(string name) =>
        new() { Name = name, File = _file, Ttl = TimeSpan.FromMinutes(5), Pages = 8192 };

    private sealed class SoleSilo : ILocalSiloDetails
    {
        public string Name => "sole";

        public string ClusterId => "jtfa";

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress => SiloAddress.Zero;

        public SiloAddress GatewayAddress => SiloAddress.Zero;
    }
}
