using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Jtfa.Cli.Help;
using Jtfa.Interfaces;
using Jtfa.Language.Architectures;
using Jtfa.Language.Caches;
using Jtfa.Language.Files;
using Jtfa.Language.Planning;
using Jtfa.Silo.Language;

namespace Jtfa.Cli.Commands.Language;

/// <summary><c>jtfa model plan</c>: which silos would have which blocks of a model, and how fast that is expected to be.</summary>
internal static class ModelPlanCommand
{
    private const int MostSequences = 4096;

    private static readonly JsonSerializerOptions s_silos = new(JsonSerializerDefaults.Web)
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
    };

    private static readonly Argument<string> s_model =
        new("model") { Description = "The name of a model of the server; with --silos a GGUF file." };
    private static readonly Option<string?> s_silosFile = new("--silos")
    {
        Description = "A JSON file with silos' memory and speeds, instead of a server's (docs/plan.md).",
    };
    private static readonly Option<int> s_sequences = new("--sequences")
    {
        Description = "Texts that run at once.",
        DefaultValueFactory = _ => 1,
    };
    private static readonly Option<PlanGoal> s_goal = new("--goal")
    {
        Description = "What counts: text tokens a second of all texts, or of one that is alone.",
        DefaultValueFactory = _ => PlanGoal.Throughput,
    };
    private static readonly Option<string?> s_plan = new("--plan")
    {
        Description = "A file with a plan to judge instead of the best one: JSON, or a line as 'blocks 0-10: silo; 11-21: other'.",
    };
    private static readonly Option<int> s_pages = new("--pages")
    {
        Description = "With --silos: pages of 16 text tokens for keys and values of all texts.",
        DefaultValueFactory = _ => 1024,
    };
    private static readonly Option<CacheFormat> s_cache = new("--cache")
    {
        Description = "With --silos: how keys and values are kept.",
        DefaultValueFactory = _ => CacheFormat.F16,
    };
    private static readonly Option<string?> s_starter = new("--starter") { Description = "With --silos: the silo that starts." };
    private static readonly Option<bool> s_share =
        new("--share") { Description = "With --silos: silos may share a stage's tensors, where that is worth its sums." };
    private static readonly Option<string?> s_architectures = LanguageFlags.Architectures();

    public static Command Create()
    {
        var command = new Command("plan", "Say which silos would have which blocks of a language model, and how fast that would be.")
        {
            s_model, s_silosFile, s_sequences, s_goal, s_plan, s_pages, s_cache, s_starter, s_share, s_architectures,
        };
        ServerOptions.AddTo(command);
        command.SetAction(RunAsync);
        return command.WithExamples(
            "jtfa model plan tiny --sequences 8",
            "jtfa model plan model.gguf --silos silos.json --goal latency",
            "jtfa model plan tiny --plan plan.txt --json");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (model, sequences) = (parsed.GetValue(s_model)!, LanguageFlags.WholeNumber(parsed, s_sequences, 1, MostSequences));
        var proposal = parsed.GetValue(s_silosFile) is { } silos
            ? OfFile(parsed, model, silos, sequences)
            : await AskAsync(parsed, model, sequences, cancellationToken);
        if (parsed.GetValue(ServerOptions.Json)) await Console.Out.WriteLineAsync(JsonSerializer.Serialize(proposal, JtfaJson.Options));
        else if (proposal.Fault is null) await WriteAsync(proposal);
        if (proposal.Fault is not { } fault) return 0;
        await Console.Error.WriteLineAsync($"jtfa: {model}: {fault}");
        return Faults.FaultExitCode;
    }

    private static async Task<PlanProposal> AskAsync(ParseResult parsed, string model, int sequences, CancellationToken cancellationToken)
    {
        foreach (var option in (Option[])[s_pages, s_cache, s_starter, s_share, s_architectures])
            if (parsed.GetResult(option) is { Implicit: false }) throw new UsageException($"{option.Name}: it goes with --silos");
        using var client = ServerOptions.Connect(parsed);
        return await client.ProposePlanAsync(model, sequences, parsed.GetValue(s_goal), PlanTextOf(parsed), cancellationToken);
    }

    private static PlanProposal OfFile(ParseResult parsed, string model, string silosFile, int sequences)
    {
        if (parsed.GetValue(ServerOptions.Server) is not null) throw new UsageException("--silos, --server: allowed is one of both");
        var silos = Silos(silosFile);
        using var file = GgufFile.Open(model);
        var architecture = Architecture.Of(file, parsed.GetValue(s_architectures));
        var cost = ModelCost.Of(file, architecture, parsed.GetValue(s_cache));
        var request = new PlanRequest
        {
            Sequences = sequences,
            Objective = parsed.GetValue(s_goal) == PlanGoal.Latency ? PlanObjective.Latency : PlanObjective.Throughput,
            Pages = LanguageFlags.WholeNumber(parsed, s_pages, 0, 1 << 24),
            Starter = parsed.GetValue(s_starter),
            MayShare = parsed.GetValue(s_share),
        };
        return PlanProposals.Propose(
            model, cost, silos, request, Given(parsed, model, Hyperparameters.Of(file, architecture).KeyValueHeads));
    }

    private static MeasuredSilos Silos(string path)
    {
        try
        {
            var silos = JsonSerializer.Deserialize<MeasuredSilos>(LanguageFlags.TextOf(s_silosFile.Name, path), s_silos)
                ?? throw new JsonException("it holds null");
            return silos.Faults().FirstOrDefault() is { } fault ? throw new UsageException($"--silos {path}: {fault}") : silos;
        }
        catch (JsonException fault)
        {
            throw new UsageException($"--silos {path}: it describes no silos ({fault.Message.TrimEnd('.')}); docs/plan.md shows how");
        }
    }

    private static ModelPlan? Given(ParseResult parsed, string model, int heads)
    {
        if (PlanTextOf(parsed) is not { } text) return null;
        try
        {
            return PlanText.Parse(model, text, heads);
        }
        catch (FormatException wrong)
        {
            throw new UsageException($"{s_plan.Name} {parsed.GetValue(s_plan)}: {wrong.Message}");
        }
    }

    private static string? PlanTextOf(ParseResult parsed) =>
        parsed.GetValue(s_plan) is { } path ? PlanTextOf(s_plan.Name, path) : null;

    /// <summary>The plan of a file, JSON or one line, as <see cref="PlanText"/> writes it.</summary>
    /// <param name="option">The option that names the file.</param>
    /// <param name="path">The file.</param>
    public static string PlanTextOf(string option, string path)
    {
        var text = LanguageFlags.TextOf(option, path).Trim();
        if (!text.StartsWith('{')) return text;
        try
        {
            var plan = JsonSerializer.Deserialize<ModelPlan>(text, JtfaJson.Options)!;
            return plan.Faults().FirstOrDefault() is { } fault
                ? throw new UsageException($"{option} {path}: {fault}")
                : PlanText.Format(plan);
        }
        catch (JsonException wrong)
        {
            throw new UsageException($"{option} {path}: it is no plan ({wrong.Message.TrimEnd('.')})");
        }
    }

    private static async Task WriteAsync(PlanProposal proposal)
    {
        var table = new ResultTable("stage", "silo", "blocks", "MiB", "a batch", "busy", "hop");
        var slowest = proposal.Stages.Max(stage => stage.Seconds);
        for (var i = 0; i < proposal.Stages.Length; i++)
        {
            var stage = proposal.Stages[i];
            table.Add(
                ResultTable.Count(i), Silos(proposal.Plan!.Stages[i]), Blocks(stage), ResultTable.Number(stage.Bytes / 1048576.0, "F1"),
                ResultTable.Ms(stage.Seconds), $"{ResultTable.Number(stage.Seconds / slowest * 100, "F0")} %",
                proposal.Stages.Length == 1 ? "–" : ResultTable.Ms(stage.HopSeconds));
        }

        await table.WriteAsync();
        var bound = proposal.BoundTokensPerSecond is { } most ? $" (no plan has more than {ResultTable.Number(most, "F1")})" : "";
        await Console.Out.WriteLineAsync(
            $"expected: {ResultTable.Number(proposal.TokensPerSecond, "F1")} text tokens/s of {proposal.Sequences} "
            + $"{(proposal.Sequences == 1 ? "text" : "texts")}{bound}; a round takes {ResultTable.Ms(proposal.RoundSeconds)}");
        foreach (var silent in proposal.Silent) await Console.Out.WriteLineAsync($"left out: silo {silent}, which does not answer");
        if (proposal.InForce is { } used) await Console.Out.WriteLineAsync($"in force: {InForce(used)}");
        await Console.Out.WriteLineAsync(PlanText.Format(proposal.Plan!));
    }

    private static string InForce(PlanInForce used)
    {
        if (used.Plan is not { } plan) return $"none, since {used.Fault}";
        var expected = used.TokensPerSecond is { } tokens ? $", {ResultTable.Number(tokens, "F1")} text tokens/s expected" : "";
        return $"{PlanText.Format(plan)} ({(used.IsAuto ? "the solver's" : "configured")}{expected})";
    }

    private static string Silos(StagePlan stage) =>
        stage.Shards.Length == 0 ? stage.Silo : string.Join(" & ", stage.Shards.Select(shard => shard.Silo));

    private static string Blocks(StageForecast stage) => stage.Count == 1
        ? stage.First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{stage.First}-{stage.First + stage.Count - 1}");
}
