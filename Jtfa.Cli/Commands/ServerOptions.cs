using System.CommandLine;
using Jtfa.Cli.Decisions;
using Jtfa.Client;

namespace Jtfa.Cli.Commands;

/// <summary>Options of commands that ask a running silo, and the client that they make.</summary>
internal static class ServerOptions
{
    private const string TokenVariable = "JTFA_TOKEN";

    public static readonly Option<string?> Server = new("--server") { Description = "URL of a silo (default http://127.0.0.1:5080)." };

    public static readonly Option<string?> Token = new("--token")
    {
        Description =
            $"The silo's token, where it wants one (default: {TokenVariable} of the environment, which keeps it out of process lists; " +
            "for a silo of this machine that asks for one the one in this folder).",
    };

    public static readonly Option<bool> Json = new("--json") { Description = "Print what the silo answers, as JSON." };

    public static void AddTo(Command command)
    {
        command.Add(Server);
        command.Add(Token);
        command.Add(Json);
    }

    /// <summary>A client of the silo that is named. It retries only twice, because a person waits for the answer.</summary>
    /// <exception cref="UsageException">The URL is not valid.</exception>
    public static HttpJtfaClient Connect(ParseResult parsed)
    {
        var address = AddressOf(parsed);
        var token = parsed.GetValue(Token) ?? Environment.GetEnvironmentVariable(TokenVariable);
        return new HttpJtfaClient(address, new HttpJtfaOptions
        {
            Token = token,
            Http = token is null && address.IsLoopback ? OwnTokenHandler.MakeHttp() : null,
            Retries = 2,
            FollowerConnected = new ConnectionLines(address).Take,
        });
    }

    /// <summary>The URL of the silo that is named.</summary>
    /// <exception cref="UsageException">It is not valid.</exception>
    public static Uri AddressOf(ParseResult parsed) =>
        parsed.GetValue<string?>(Server.Name) is { } text ? Address(text) : HttpJtfaClient.DefaultAddress;

    private static Uri Address(string text) =>
        Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}", UriKind.Absolute, out var address)
            && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
            ? address
            : throw new UsageException($"--server {text}: allowed is a URL such as http://fusion.local:5080");
}
