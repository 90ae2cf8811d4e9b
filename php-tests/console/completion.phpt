--TEST--
Console: shells complete commands, options and their values
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\Console;

mkdir(temp_path('src'));
file_put_contents(temp_path('server.php'), '<?php exit(Highper\Application::create(__DIR__)->scan("App\\\\", "src")->command("greet", function (string $who, #[Highper\Attribute\In(["hour", "day"])] string $when = "day", bool $loud = true) {}, "Greets.", ["hi"])->run($argv));');
file_put_contents(temp_path('src/Import.php'), "<?php\nnamespace App;\nuse Highper\\Attribute\\Command;\n#[Command('notes:import', \"Imports\\tnotes.\")]\nfinal class Import {\n    public function handle(Color \$color, Color ...\$more): void {}\n}\n");
file_put_contents(temp_path('src/Hidden.php'), "<?php\nnamespace App;\nuse Highper\\Attribute\\Command;\n#[Command('notes:hidden', hidden: true)]\nfinal class Hidden {\n    public function handle(): void {}\n}\n");
file_put_contents(temp_path('src/Color.php'), "<?php\nnamespace App;\nenum Color: string { case Red = 'red'; case Blue = 'blue'; }\n");
$console = new Console(temp_path('server.php'));
$offered = fn (string ...$words) => $console->run(['_complete', ...$words])[1];
check('commands', $offered('notes'), "notes:import\tImports notes.\n");
check('all of them', [substr_count($offered(''), "\n") > 15, str_contains($offered(''), "\nreload\t")], [true, true]);
check('other names', $offered('h'), "help\tof the server\nhi\tGreets.\n");
check('options', $offered('hi', '--'), "--env\tthe environment, over APP_ENV\n--help\twhat it takes\n--loud\t\n--no-interaction\task nobody\n--no-loud\t\n--when\t\n");
check('values of a rule', $offered('hi', '--when', ''), "day\t\nhour\t\n");
check('behind its sign', $offered('hi', '--when=h'), "--when=hour\t\n");
check('values of an enum', $offered('notes:import', 'red', 'red', 'b'), "blue\t\n");
check('nothing that fits', $console->run(['_complete', 'hi', 'x']), [0, '', '']);
check('the help has them', str_contains($console->run(['help', 'hi'])[1], '[hour, day] (default: day)'));

[$code, $script] = $console->run(['completion', 'bash']);
check('a script', [$code, str_contains($script, "_highper_scripts['" . realpath(temp_path('server.php')) . "']=1")], [0, true]);
check('for each shell', array_map(fn ($shell) => $console->run(['completion', $shell])[0], ['zsh', 'fish']), [0, 0]);
[$code, $out, $err] = $console->run(['completion', 'tcsh']);
check('for no other', [$code, $out, $err], [2, '', "highper: there is no completion for the shell 'tcsh': name one of bash, fish, zsh\n"]);

// As the line editor calls it: php with its options, the script, and what was typed so far.
$php = getenv("TEST_PHP_EXECUTABLE") ?: PHP_BINARY;
file_put_contents(temp_path('completion.bash'), $script);
$bash = function (string $typed, string $folder = '.') use ($php): string {
    $line = "{$php} " . $typed;
    file_put_contents(temp_path('ask.bash'), 'cd ' . escapeshellarg(temp_path('')) . "\nsource completion.bash\nCOMP_WORDBREAKS=$' \\t\\n\"\\'><=;|&(:'\nCOMP_LINE=" . escapeshellarg(str_replace("'", '', $line))
        . "\nCOMP_POINT=\${#COMP_LINE}\n_highper\nprintf '%s|' \"\${COMPREPLY[@]}\"\ncomplete -p php\n");
    return shell_exec('bash ' . escapeshellarg(temp_path('ask.bash')) . ' 2>&1');
};
$registered = "complete -o bashdefault -o default -F _highper php\n";
check('in bash', $bash('server.php notes:'), "import|{$registered}");
check('by another path', $bash('./src/../server.php gre'), "greet|{$registered}");
check('an empty word', $bash('server.php hi --when '), "day|hour|{$registered}");
check('behind a sign', $bash('server.php hi --when=d'), "day|{$registered}");
check('another script', $bash('completion.bash x'), "|{$registered}");
check('the script itself', $bash('server.ph'), "|{$registered}");

file_put_contents(temp_path('src/Import.php'), "<?php\nnamespace App;\nuse Highper\\Attribute\\Command;\n#[Command('')]\nfinal class Import {}\n");
check('where the application is broken', $offered('rel'), "reload\tof the server\n");
?>
--EXPECT--
ok: commands
ok: all of them
ok: other names
ok: options
ok: values of a rule
ok: behind its sign
ok: values of an enum
ok: nothing that fits
ok: the help has them
ok: a script
ok: for each shell
ok: for no other
ok: in bash
ok: by another path
ok: an empty word
ok: behind a sign
ok: another script
ok: the script itself
ok: where the application is broken
