using Jtfa.Interfaces;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Jtfa.Silo;

/// <summary>
/// What a silo prints: JTFA's lines from Information on, those of libraries from Warning on. <c>Logging:LogLevel:…</c> says otherwise
/// for single categories; with <c>Default</c> at Debug or below nothing is left out.
/// </summary>
internal static class SiloLogging
{
    private const string Section = "Logging";

    // JTFA's categories begin with this.
    private const string Ours = "Jtfa";

    /// <summary>Prints to standard error: standard output is for results.</summary>
    public static void AddSiloConsole(this IHostApplicationBuilder builder)
    {
        if (ServiceManager.KeepsLog) builder.Logging.AddSystemdConsole();
        else builder.Logging.AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "HH:mm:ss.fff "));
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    /// <summary>Sets the levels; each filter stands here with its reason.</summary>
    public static void AddSiloLogLevels(this IHostApplicationBuilder builder)
    {
        var phase = new SiloPhase();
        builder.Services.AddSingleton(phase);
        builder.Services.AddHostedService(_ => phase);
        var logging = builder.Logging;
        var configured = builder.Configuration.GetSection(Section);
        if (configured.GetValue<LogLevel?>("LogLevel:Default") is not (LogLevel.Trace or LogLevel.Debug)) AddFilters(logging, phase);
        logging.AddConfiguration(configured);
    }

    private static void AddFilters(ILoggingBuilder logging, SiloPhase phase)
    {
        // While a silo starts, each library that a failure passes through logs it: Orleans' lifecycle for every stage, the host for the
        // start. It is thrown and reported once (SiloStartException). What libraries warn of at every start is intended: that the collector
        // is not the server's (Jtfa.Silo.csproj), that a watchdog was never asked before.
        logging.AddFilter((_, level) => level >= phase.LeastOfLibraries);

        // A silo whose start has failed reports the reason and nothing else.
        logging.AddFilter(Ours, level => level >= LogLevel.Information && phase.Current != Phase.Failed);

        // Who asks for the health is answered; it warns at each question of what its owner has told once.
        AddFilter(logging, "Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.Critical);

        // It warns whenever a small machine is busy for a second.
        AddFilter(logging, "Orleans.Runtime.Watchdog", LogLevel.Error);

        // A failed call is logged by its caller, who knows what it means; items for a follower that has just gone need no log line.
        AddFilter(logging, "Orleans.Messaging", LogLevel.Critical);
        AddFilter(logging, "Polly", LogLevel.Critical); // Orleans' retries of such calls; it writes (null) for what they are not named
        AddFilter(logging, "Orleans.Streams.StreamConsumerExtension", LogLevel.Error);

        // Who writes a grain's state hears of a failure; these print each attempt with the stack, and (null) for a state that is new.
        AddFilter(logging, "Orleans.Storage.AdoNetGrainStorage", LogLevel.Critical);

        // Of a silo that is up it warns of each attempt to read or write its table, with the stack; DatabaseWatch says that the database is
        // away. While one starts it says whom it does not reach.
        logging.AddFilter(
            "Orleans.Runtime.MembershipService",
            level => level >= phase.LeastOfLibraries
                && (level > LogLevel.Warning || (phase.Current == Phase.Starting && !phase.IsDatabaseAway)));

        // Whoever connects without a certificate would have a line with the stack; SiloTls has one in ten seconds.
        AddFilter(logging, "Orleans.Connections.Security.TlsServerConnectionMiddleware", LogLevel.Error);

        // Streams are read again after a failure, such as at another silo's start or stop; followers read in the log what they missed.
        AddFilter(logging, "Orleans.Providers.MemoryAdapterReceiver", LogLevel.Critical);
        AddFilter(logging, $"Orleans.Streams.{JtfaNames.Streams}", LogLevel.Critical);

        // When a silo stops, calls that are under way end by cancellation or find no silo to go to, which it takes for failures.
        logging.AddFilter("Orleans.Grain", level => level >= phase.LeastOfLibraries && phase.Current != Phase.Stopping);

        // Two silos that stop at once may move activations to each other. What has nobody to take it is made anew where it is next called.
        logging.AddFilter(
            "Orleans.Runtime.ActivationMigrationManager", level => level >= phase.LeastOfLibraries && phase.Current != Phase.Stopping);

        void AddFilter(ILoggingBuilder logging, string category, LogLevel least) =>
            logging.AddFilter(category, level => level >= least && level >= phase.LeastOfLibraries);
    }
}
