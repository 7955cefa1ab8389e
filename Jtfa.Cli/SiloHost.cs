using Jtfa.Silo;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Jtfa.Cli;

/// <summary>Builds the host of commands that run a silo.</summary>
internal static class SiloHost
{
    /// <summary>
    /// A host whose configuration is, weakest first: appsettings.json of the working folder, <paramref name="file"/>, environment
    /// variables (Jtfa__Ingress__Address), then <paramref name="commandLine"/>.
    /// </summary>
    /// <exception cref="UsageException">The file does not exist or is not JSON.</exception>
    public static HostApplicationBuilder CreateBuilder(IEnumerable<KeyValuePair<string, string?>> commandLine, FileInfo? file, LogLevel level)
    {
        HostApplicationBuilder builder;
        try
        {
            builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, ContentRootPath = Directory.GetCurrentDirectory() });
            builder.Configuration.AddJsonFile("appsettings.json", optional: true);
            if (file is not null) builder.Configuration.AddJsonFile(file.FullName, optional: false);
            builder.Configuration.AddEnvironmentVariables();
            builder.Configuration.AddInMemoryCollection(commandLine);
        }
        catch (Exception exception) when (exception is FileNotFoundException or InvalidDataException)
        {
            throw new UsageException($"configuration: {(exception.InnerException ?? exception).Message.ReplaceLineEndings(" ")}");
        }

        // Standard output is for results.
        builder.Logging.AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "HH:mm:ss.fff "));
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Logging.SetMinimumLevel(level);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // What keeps the host from starting is told by Program, in one line.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(25));
        builder.AddJtfaSilo();
        return builder;
    }

    /// <summary>The configuration that holds here without a command line: appsettings.json of the working folder, environment variables.</summary>
    /// <exception cref="UsageException">The file is not JSON.</exception>
    public static IConfiguration ReadConfiguration()
    {
        try
        {
            return new ConfigurationBuilder()
                .SetBasePath(Directory.GetCurrentDirectory()).AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables().Build();
        }
        catch (InvalidDataException exception)
        {
            throw new UsageException($"configuration: {(exception.InnerException ?? exception).Message.ReplaceLineEndings(" ")}");
        }
    }

    /// <summary>Runs a host until <paramref name="cancellationToken"/>, then stops it in order.</summary>
    public static async Task RunUntilCancelledAsync(IHost host, CancellationToken cancellationToken)
    {
        var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        await Task.Delay(Timeout.Infinite, either.Token).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await host.StopAsync(CancellationToken.None);
    }
}
