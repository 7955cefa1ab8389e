using System.CommandLine;
using Jtfa.Cli.Commands.Language;
using Jtfa.Cli.Help;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa model</c>: from an ONNX backbone and one's own cameras to a model, without Python.</summary>
internal static class ModelCommand
{
    public static Command Create() =>
        new Command(
            "model",
            "Models: of cameras (collect, fit, try: docs/model.md) and of language (docs/language.md; list, load, unload: a silo's).")
        {
            ModelCollectCommand.Create(), ModelFitCommand.Create(), ModelTryCommand.Create(),
            ModelInfoCommand.Create(), ModelTokenizeCommand.Create(), ModelQuantizeCommand.Create(), ModelConvertCommand.Create(),
            ModelPerplexityCommand.Create(), ModelListCommand.Create(), ModelLoadCommand.Create(), ModelUnloadCommand.Create(),
            ModelPlanCommand.Create(),
        }.WithExamples("jtfa model fit --out my-model", "jtfa model try photo.jpg --model my-model", "jtfa model list");

    /// <summary>The option that names the folder of vectors.</summary>
    public static Option<string> Collection() =>
        new("--collection") { Description = "The folder of vectors.", DefaultValueFactory = _ => "collection" };
}
