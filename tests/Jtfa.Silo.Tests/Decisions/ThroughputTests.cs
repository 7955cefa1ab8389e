using System.Diagnostics;
using System.Globalization;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>
/// How many decisions a second go through the log. Not a test: prints numbers, see docs/decision-log.md for how to run it.
/// </summary>
public class ThroughputTests(ITestOutputHelper output)
{
    [Theory(Explicit = true)]
    [InlineData(Database.Sqlite, 1, false)]
    [InlineData(Database.Sqlite, 8, false)]
    [InlineData(Database.Sqlite, 8, true)]
    [InlineData(Database.Postgres, 8, false)]
    public async Task Rows_a_second(Database database, int scenes, bool csv)
    {
        const int Rows = 600_000;
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.GroupCommitMs = 50;
        folder.Options.Csv = csv ? folder.InFolder("decisions.csv") : null;
        var log = await folder.StartAsync();
        string[] names = [.. Enumerable.Range(0, scenes).Select(scene => $"scene{scene}")];
        await AppendAsync(20_000, 0);
        var allocated = GC.GetTotalAllocatedBytes();
        using var process = Process.GetCurrentProcess();
        var (start, cpu) = (Stopwatch.GetTimestamp(), process.TotalProcessorTime);
        await AppendAsync(Rows, 20_000);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        process.Refresh();
        var core = (process.TotalProcessorTime - cpu).TotalSeconds; // what counts where others use the machine as well

        Assert.Equal((Rows + 20_000, 0), (log.Written, log.Spooled));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{database}, {scenes} scenes{(csv ? ", with CSV" : "")}: {Rows / seconds:N0} rows/s, {Rows / core:N0} rows per second of " +
            $"one core, {(GC.GetTotalAllocatedBytes() - allocated) / Rows} bytes allocated and {Stored() / (Rows + 20_000)} stored a row"));

        long Stored() => database == Database.Sqlite
            ? new FileInfo(folder.Options.Path).Length
            : (long)folder.Execute("SELECT pg_total_relation_size('decisions')")!;

        async Task AppendAsync(int rows, int from)
        {
            // In bursts, for nothing may be spooled: the writer has the core to itself while this waits.
            for (var row = 0; row < rows; row++)
            {
                await log.AppendAsync(LogFolder.Decision((from + row) / scenes, names[row % scenes]));
                if (row % 5000 == 4999) await log.FlushAsync(TestContext.Current.CancellationToken);
            }

            await log.FlushAsync(TestContext.Current.CancellationToken);
        }
    }
}
