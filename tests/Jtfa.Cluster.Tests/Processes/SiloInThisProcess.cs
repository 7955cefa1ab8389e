using Jtfa.Silo;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Jtfa.Cluster.Tests.Processes;

/// <summary>A fusion silo of a cluster whose clock is off, which no process of its own could be made to have.</summary>
internal sealed class SiloInThisProcess : IAsyncDisposable
{
    private readonly IHost _host;

    private SiloInThisProcess(IHost host, LineLog log) => (_host, Log) = (host, log);

    /// <summary>What it has said.</summary>
    public LineLog Log { get; }

    public static async Task<SiloInThisProcess> StartAsync(string connection, TimeSpan ahead)
    {
        var log = new LineLog("silo");
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Jtfa:Cluster:Provider"] = "Postgres",
            ["Jtfa:Cluster:ConnectionString"] = connection,
            ["Jtfa:Cluster:Role"] = "Fusion",
            ["Jtfa:Cluster:Address"] = "127.0.0.1",
            ["Jtfa:Cluster:SiloPort"] = $"{FreePorts.Next()}",
            ["Jtfa:Cluster:ClientPort"] = $"{FreePorts.Next()}",
            ["Jtfa:Http:Enabled"] = "false",
            ["Jtfa:Ingress:Sockets:0:Port"] = "0",
        });
        builder.Logging.AddProvider(new Lines(log));
        builder.Services.AddSingleton<TimeProvider>(new ClockAhead(ahead));
        Jtfa.Silo.Program.AddSilo(builder);
        var silo = new SiloInThisProcess(builder.Build(), log);
        await SiloRun.StartAsync(() => silo._host, TestContext.Current.CancellationToken);
        return silo;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
    }

    private sealed class ClockAhead(TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
    }

    private sealed class Lines(LineLog log) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) log.Add(formatter(state, exception));
        }

        public void Dispose()
        {
        }
    }
}
