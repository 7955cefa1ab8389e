using Jtfa.Lab;
using Jtfa.Testbed;

return await CommandLine.RunAsync(args, LabCommands.All(), exception => exception is TestbedException);
