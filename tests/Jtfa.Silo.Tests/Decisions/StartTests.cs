using Jtfa.Grains;
using Jtfa.Silo.Decisions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>Starting: what is refused, and with which line.</summary>
public class StartTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_and_left_alone()
    {
        await using var folder = new LogFolder();
        var content = string.Concat(Enumerable.Repeat("This is not a database. ", 200));
        File.WriteAllText(folder.Options.Path, content);

        Assert.Equal(
            $"{folder.Options.Path}: it is not a SQLite database: move it away, or name another file in Jtfa:Log:Path",
            await folder.RefusalAsync());
        Assert.Equal(content, File.ReadAllText(folder.Options.Path));
    }

    [Fact]
    public async Task A_damaged_database_is_refused()
    {
        await using var folder = new LogFolder();
        var log = await folder.StartAsync();
        await log.DisposeAsync();
        using (var file = File.OpenWrite(folder.Options.Path))
        {
            file.Position = 100; // the header stays, the first page's tree goes
            file.Write(Enumerable.Repeat((byte)0xA5, 2000).ToArray());
        }

        Assert.Contains("it is damaged: restore a backup", await folder.RefusalAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_newer_than_the_program_is_refused()
    {
        await using var folder = new LogFolder();
        var log = await folder.StartAsync();
        await log.DisposeAsync();
        folder.Execute("INSERT INTO schema_version VALUES (777, '0777_future.sql', '2030-01-01')");

        var expected =
            $"{folder.Options.Path} has schema version 777, this program knows up to " +
            $"{Schema.For(SqlDialect.For(folder.Options)).Version}: use the newer program that wrote it, or another file";
        Assert.Equal(expected, await folder.RefusalAsync());
        Assert.Equal(expected, (await Assert.ThrowsAsync<DecisionLogException>(() => folder.Reader().LastAsync(1, null, Cancel))).Message);
    }

    [Fact]
    public async Task A_folder_cannot_be_the_database()
    {
        await using var folder = new LogFolder();
        Directory.CreateDirectory(folder.Options.Path);

        Assert.Equal($"Jtfa:Log:Path={folder.Options.Path}: allowed is a file", await folder.RefusalAsync());
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_named()
    {
        await using var folder = new LogFolder();
        File.WriteAllText(folder.InFolder("file"), string.Empty);
        folder.Options.Path = folder.InFolder("file/jtfa.db");

        Assert.StartsWith($"{folder.Options.Path}: its folder cannot be made", await folder.RefusalAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_folder_is_made()
    {
        await using var folder = new LogFolder();
        folder.Options.Path = folder.InFolder("a/b/jtfa.db");

        await folder.StartAsync();

        Assert.True(File.Exists(folder.Options.Path));
    }

    [Fact]
    public async Task A_file_that_may_not_be_written_to_is_refused()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "The superuser may write to read-only files.");
        await using var folder = new LogFolder();
        var log = await folder.StartAsync();
        await log.DisposeAsync();
        File.SetAttributes(folder.Options.Path, FileAttributes.ReadOnly);

        Assert.Contains("it is read-only", await folder.RefusalAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_spool_that_cannot_be_used_is_refused()
    {
        await using var folder = new LogFolder();
        Directory.CreateDirectory(folder.Spool);

        Assert.StartsWith($"{folder.Spool}, the spool, cannot be used", await folder.RefusalAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_CSV_file_that_cannot_be_written_is_refused()
    {
        await using var folder = new LogFolder();
        File.WriteAllText(folder.InFolder("file"), string.Empty);
        folder.Options.Csv = folder.InFolder("file/decisions.csv");

        Assert.StartsWith($"{folder.Options.Csv} cannot be written to", await folder.RefusalAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Provider", "Oracle", "Jtfa:Log:Provider=Oracle: allowed is Sqlite, Postgres")]
    [InlineData("Path", " ", "Jtfa:Log:Path= : allowed is a file")]
    [InlineData(
        "ConnectionString", "Data Source=:memory:",
        "Jtfa:Log:ConnectionString: allowed is a connection string that names a file: Data Source=<file> (for PostgreSQL set " +
        "Jtfa:Log:Provider=Postgres)")]
    [InlineData(
        "ConnectionString", "nonsense",
        "Jtfa:Log:ConnectionString: allowed is a connection string that names a file: Data Source=<file> (for PostgreSQL set " +
        "Jtfa:Log:Provider=Postgres)")]
    [InlineData(
        "ConnectionString", "Host=db;Database=jtfa;Password=sesame",
        "Jtfa:Log:ConnectionString: allowed is a connection string that names a file: Data Source=<file> (for PostgreSQL set " +
        "Jtfa:Log:Provider=Postgres)")]
    [InlineData(
        "Provider", "Postgres",
        "Jtfa:Log:ConnectionString: allowed is a connection string that names host and database: " +
        "Host=<host>;Database=<name>;Username=<role>;Password=<password>")]
    [InlineData("Durability", "9", "Jtfa:Log:Durability=9: allowed is Group, Sync")]
    [InlineData("GroupCommitMs", "-1", "Jtfa:Log:GroupCommitMs=-1: allowed is 1 … 10000")]
    [InlineData("GroupCommitMs", "10001", "Jtfa:Log:GroupCommitMs=10001: allowed is 1 … 10000")]
    [InlineData("QueueLimit", "0", "Jtfa:Log:QueueLimit=0: allowed is 1 … 1000000")]
    [InlineData(
        "RetentionAge", "00:00:00",
        "Jtfa:Log:RetentionAge=00:00:00: allowed is more than 00:00:00, as in 30.00:00:00 (30 days), or no value")]
    [InlineData("RetentionCount", "0", "Jtfa:Log:RetentionCount=0: allowed is 1 or more, or no value")]
    [InlineData("SpoolPath", "", "Jtfa:Log:SpoolPath=: allowed is a file, or no value for one beside the database")]
    [InlineData("SpoolMaxBytes", "-5", "Jtfa:Log:SpoolMaxBytes=-5: allowed is 0 (no spool) or more")]
    public async Task Faulty_options_are_named_with_value_and_range(string key, string value, string fault)
    {
        using var host = Host(new() { [$"Jtfa:Log:{key}"] = value });

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancel));

        Assert.Equal(fault, failure.Message);
    }

    [Fact]
    public async Task A_host_starts_the_log_that_its_configuration_describes_and_flushes_it_when_it_stops()
    {
        await using var folder = new LogFolder();
        using var host = Host(new()
        {
            ["Jtfa:Log:ConnectionString"] = $"Data Source={folder.Options.Path}",
            ["Jtfa:Log:Csv"] = folder.InFolder("decisions.csv"),
            ["Jtfa:Log:Durability"] = "Group",
            ["Jtfa:Log:GroupCommitMs"] = "10000",
            ["Jtfa:Log:RetentionAge"] = "30.00:00:00",
        });
        await host.StartAsync(Cancel);
        var log = host.Services.GetRequiredService<IDecisionLog>();
        await log.AppendAsync(LogFolder.Decision(1));
        await host.StopAsync(Cancel);

        Assert.Equal(1, Assert.Single(await folder.ReadIdsAsync()));
        Assert.Equal(2, File.ReadAllLines(folder.InFolder("decisions.csv")).Length);
        Assert.Single(await host.Services.GetRequiredService<DecisionReader>().LastAsync(5, null, Cancel));
    }

    private static IHost Host(Dictionary<string, string?> settings)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Services.AddJtfaDecisionLog();
        return builder.Build();
    }
}
