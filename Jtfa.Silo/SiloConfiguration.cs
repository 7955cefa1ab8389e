using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace Jtfa.Silo;

/// <summary>Where a silo's configuration comes from.</summary>
public static partial class SiloConfiguration
{
    /// <summary>The configuration of a silo that is started by <c>dotnet run --project Jtfa.Silo</c>.</summary>
    /// <param name="args">Settings, each as --Jtfa:Ingress:Address=0.0.0.0.</param>
    /// <exception cref="SiloStartException">An argument is no setting, or appsettings.json is not JSON.</exception>
    public static IConfiguration Read(string[] args)
    {
        var settings = args.Select(argument => (Argument: argument, Setting: Setting().Match(argument))).ToList();
        var wrong = settings.Where(one => !one.Setting.Success)
            .Select(one => $"{one.Argument}: allowed is --Key=Value, such as --Jtfa:Scenes:0:Name=lobby (docs/silo.md)").ToList();
        if (wrong.Count > 0) throw new SiloStartException(wrong);
        return Read(
            settings.Select(one => KeyValuePair.Create(one.Setting.Groups["key"].Value, (string?)one.Setting.Groups["value"].Value)));
    }

    /// <summary>
    /// A configuration, weakest first: <paramref name="defaults"/>, appsettings.json of the working folder, <paramref name="file"/>,
    /// environment variables (Jtfa__Ingress__Address), <paramref name="commandLine"/> (of equal keys the last).
    /// </summary>
    /// <exception cref="SiloStartException">The file does not exist, or one of the files is not JSON.</exception>
    public static IConfiguration Read(
        IEnumerable<KeyValuePair<string, string?>> commandLine,
        FileInfo? file = null,
        IEnumerable<KeyValuePair<string, string?>>? defaults = null)
    {
        var settings = commandLine.GroupBy(setting => setting.Key, StringComparer.OrdinalIgnoreCase).Select(same => same.Last());
        try
        {
            var configuration = new ConfigurationBuilder().SetBasePath(Directory.GetCurrentDirectory());
            configuration.AddInMemoryCollection(defaults ?? []).AddJsonFile("appsettings.json", optional: true);
            if (file is not null) configuration.AddJsonFile(file.FullName, optional: false);
            return configuration.AddEnvironmentVariables().AddInMemoryCollection(settings).Build();
        }
        catch (Exception exception) when (exception is FileNotFoundException or InvalidDataException)
        {
            var reason = (exception.InnerException ?? exception).Message.ReplaceLineEndings(" ");
            throw new SiloStartException([$"configuration: {reason}"], exception);
        }
    }

    [GeneratedRegex("^--(?<key>(Jtfa|Logging):[^=]+)=(?<value>.*)$", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Setting();
}
