using System.Net;
using Jtfa.Client;
using Jtfa.Silo.Http;

namespace Jtfa.Cli.Doctor;

/// <summary>What answers where a silo started in this folder would serve HTTP.</summary>
/// <param name="Address">Where.</param>
/// <param name="Answers">Whether a silo does.</param>
/// <param name="Ready">Whether it decides.</param>
/// <param name="Says">What it says of itself, in one line.</param>
internal sealed record AnsweringSilo(Uri Address, bool Answers, bool Ready, string Says)
{
    private static readonly string[] s_states = ["Healthy", "Degraded", "Unhealthy"];

    /// <summary>Asks.</summary>
    public static async Task<AnsweringSilo> FindAsync(HttpOptions options, CancellationToken cancellationToken)
    {
        var listens = IPAddress.Parse(options.Address);
        var host = listens.Equals(IPAddress.Any) ? IPAddress.Loopback
            : listens.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : listens;
        var address = new Uri($"http://{new IPEndPoint(host, options.Port)}{options.BasePath}");
        using var client = new HttpJtfaClient(
            address, new HttpJtfaOptions { Retries = 0, RequestTimeout = TimeSpan.FromSeconds(2) });
        try
        {
            var (ready, text) = await client.GetReadinessAsync(cancellationToken);
            var says = text.Trim().ReplaceLineEndings("; ");
            return s_states.Any(state => says.StartsWith(state, StringComparison.Ordinal))
                ? new AnsweringSilo(address, true, ready, says)
                : new AnsweringSilo(address, false, false, "what answers is no silo");
        }
        catch (JtfaUnavailableException fault)
        {
            return new AnsweringSilo(address, false, false, fault.NobodyAnswers ? "nobody answers" : "what answers is no silo");
        }
    }
}
