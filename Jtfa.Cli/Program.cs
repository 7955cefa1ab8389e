using Jtfa.Cli;

return await CommandLine.RunAsync(args, []);
