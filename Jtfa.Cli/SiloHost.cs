using System.Net;
using System.Net.Sockets;
using Jtfa.Silo;
using Jtfa.Silo.Cluster;
using Jtfa.Silo.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Jtfa.Cli;

/// <summary>Makes the host of commands that run a silo.</summary>
internal static class SiloHost
{
    /// <summary>A host of a silo, configured by <see cref="ReadConfiguration"/>.</summary>
    /// <exception cref="UsageException">The file does not exist or is not JSON.</exception>
    public static IHost Create(IEnumerable<KeyValuePair<string, string?>> commandLine, FileInfo? file, LogLevel level)
    {
        var configuration = ReadConfiguration(commandLine, file);
        return Build(configuration, builder =>
        {
            builder.Configuration.AddConfiguration(configuration);
            AddLogging(builder, level);
            builder.Services.AddServiceManager();
            builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(25));
            builder.AddJtfaSilo();
        });
    }

    /// <summary>
    /// The configuration, weakest first: appsettings.json of the working folder, <paramref name="file"/>, environment variables
    /// (Jtfa__Ingress__Address), then <paramref name="commandLine"/>.
    /// </summary>
    /// <exception cref="UsageException">The file does not exist or is not JSON.</exception>
    public static IConfiguration ReadConfiguration(IEnumerable<KeyValuePair<string, string?>> commandLine, FileInfo? file)
    {
        try
        {
            var configuration = new ConfigurationBuilder().SetBasePath(Directory.GetCurrentDirectory());
            configuration.AddJsonFile("appsettings.json", optional: true);
            if (file is not null) configuration.AddJsonFile(file.FullName, optional: false);
            return configuration.AddEnvironmentVariables().AddInMemoryCollection(commandLine).Build();
        }
        catch (Exception exception) when (exception is FileNotFoundException or InvalidDataException)
        {
            throw new UsageException($"configuration: {(exception.InnerException ?? exception).Message.ReplaceLineEndings(" ")}");
        }
    }

    /// <summary>
    /// Configuration of a silo for one command, which may run beside a silo of this machine: free ports for Orleans, which wants some
    /// though nobody will call, and no HTTP.
    /// </summary>
    public static Dictionary<string, string?> OnItsOwn()
    {
        using var silos = new TcpListener(IPAddress.Loopback, 0);
        using var clients = new TcpListener(IPAddress.Loopback, 0);
        silos.Start();
        clients.Start();
        return new()
        {
            ["Jtfa:Cluster:SiloPort"] = $"{((IPEndPoint)silos.LocalEndpoint).Port}",
            ["Jtfa:Cluster:ClientPort"] = $"{((IPEndPoint)clients.LocalEndpoint).Port}",
            ["Jtfa:Http:Enabled"] = "false",
        };
    }

    /// <summary>Runs a host until <paramref name="cancellationToken"/>, then stops it in order.</summary>
    public static async Task RunUntilCancelledAsync(IHost host, CancellationToken cancellationToken)
    {
        var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        await Task.Delay(Timeout.Infinite, either.Token).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await host.StopAsync(CancellationToken.None);
    }

    private static void AddLogging(IHostApplicationBuilder builder, LogLevel level)
    {
        // Standard output is for results.
        if (ServiceManager.KeepsLog) builder.Logging.AddSystemdConsole();
        else builder.Logging.AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "HH:mm:ss.fff "));
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Logging.SetMinimumLevel(level);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        if (level >= LogLevel.Information) builder.Logging.AddOrleansFilters();
        // What keeps the host from starting is told by Program, in one line.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
    }

    // A camera silo has no scenes, and so nothing to serve.
    private static IHost Build(IConfiguration configuration, Action<IHostApplicationBuilder> configure)
    {
        var http = configuration.GetSection(HttpOptions.Section).Get<HttpOptions>() ?? new HttpOptions();
        var cluster = configuration.GetSection(SiloClusterOptions.Section).Get<SiloClusterOptions>() ?? new SiloClusterOptions();
        if (!http.Enabled || !cluster.Fuses)
        {
            var plain = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = Directory.GetCurrentDirectory() });
            configure(plain);
            return plain.Build();
        }

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = Directory.GetCurrentDirectory() });
        configure(builder);
        builder.AddJtfaHttp(http);
        var application = builder.Build();
        application.MapJtfaHttp(http);
        return application;
    }
}
