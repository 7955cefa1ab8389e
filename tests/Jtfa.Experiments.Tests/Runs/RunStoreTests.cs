using Jtfa.Experiments.Results;
using Jtfa.Experiments.Runs;
using Jtfa.Testbed;

namespace Jtfa.Experiments.Tests.Runs;

public sealed class RunStoreTests : IDisposable
{
    private static readonly PlannedRun s_run = new("a1", "wired+hmix", 2, 3, TimeSpan.FromSeconds(1));

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("jtfa-runs-");
    private readonly CancellationToken _test = TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task What_a_run_came_to_is_there_when_the_folder_is_opened_again()
    {
        var result = new RunResult(
            "a1", new Dictionary<string, string> { ["profile"] = "wired" }, 2, 3, new Dictionary<string,
            double>
            { ["latency_p99"] = 1.0 / 3 });
        var first = await RunStore.OpenAsync(_folder.FullName, "settings", "1.0", _test);
        Assert.Null(await first.FindAsync(s_run, _test));
        await first.AddAsync(s_run, [result], _test);

        var found = await (await RunStore.OpenAsync(_folder.FullName, "settings", "1.0", _test)).FindAsync(s_run, _test);

        var only = Assert.Single(found!);
        Assert.Equal((result.Experiment, result.Repeat, result.Seed), (only.Experiment, only.Repeat, only.Seed));
        Assert.Equal(result.Factors, only.Factors);
        Assert.Equal(result.Values, only.Values);
        Assert.Null(await first.FindAsync(s_run with { Repeat = 1 }, _test));
    }

    [Fact]
    public async Task Runs_of_other_settings_are_never_mixed_in()
    {
        await RunStore.OpenAsync(_folder.FullName, "repeats 5", "1.0", _test);

        var fault = await Assert.ThrowsAsync<TestbedException>(() => RunStore.OpenAsync(_folder.FullName, "repeats 6", "1.0", _test));
        Assert.Contains("(repeats 5; 1.0; now repeats 6)", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_something_else_is_left_alone()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "thesis.tex"), "", _test);

        var fault = await Assert.ThrowsAsync<TestbedException>(() => RunStore.OpenAsync(_folder.FullName, "x", "1.0", _test));
        Assert.Contains("holds something else", fault.Message, StringComparison.Ordinal);
        Assert.Equal(["thesis.tex"], _folder.EnumerateFiles().Select(file => file.Name));
    }

    [Fact]
    public async Task Another_version_may_report_on_runs_but_makes_none_beside_them()
    {
        await RunStore.OpenAsync(_folder.FullName, "x", "1.0", _test);
        var later = await RunStore.OpenAsync(_folder.FullName, "x", "1.1", _test);

        Assert.Equal("1.0", later.RunsVersion);
        Assert.Contains(
            "runs of version 1.0, and this is 1.1", Assert.Throws<TestbedException>(later.CheckMayAdd).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_run_is_told_by_its_file()
    {
        var store = await RunStore.OpenAsync(_folder.FullName, "x", "1.0", _test);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, RunStore.RunsFolder, $"{s_run.Name}.json"), "[{", _test);

        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => store.FindAsync(s_run, _test));
        Assert.Contains("a1-wired+hmix-2.json is damaged", fault.Message, StringComparison.Ordinal);
    }
}
