--TEST--
Console: questions, a progress bar and colours on a terminal; a question that a signal ends
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};

file_put_contents(temp_path('server.php'), <<<'PHP'
    <?php
    use Highper\Console\{Input, Output};
    exit(Highper\Application::create(__DIR__)
        ->command('ask', function (Output $output, Input $input) {
            $ticks = 0;
            $ticking = Highper\async(function () use (&$ticks) { while (true) { usleep(1000); $ticks++; } });
            $answers = [$output->ask('Name?', 'Ann'), $output->ask('Town?'), $output->confirm('Sure?'), $output->choice('Which?', ['red', 'blue'])];
            $secret = $output->secret('Password?');
            $output->line(json_encode([...$answers, strlen($secret), $input->isInteractive(), $ticks > 0]));
            exit;
        })
        ->command('wait', function (Output $output) { try { $output->secret('Password?'); } finally { $output->line('finally'); } })
        ->command('progress', function (Output $output) {
            $progress = $output->progress(3, 'things');
            $progress->advance();
            $output->info('between');
            $progress->advance(2)->finish();
            $output->line('end');
        })
        ->run($argv));
    PHP);
/** Runs a command on a terminal of its own; answers each question when it is there, or sends a signal. */
$talk = function (array $words, array $answers = [], array $environment = []): array {
    $command = [getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY, temp_path('server.php'), ...$words];
    $process = proc_open($command, [['pty'], ['pty'], ['pty']], $pipes, null, $environment + ['TERM' => 'xterm'] + getenv());
    stream_set_blocking($pipes[1], false);
    $said = $seen = '';
    $read = function () use ($pipes, &$said) { $said .= @fread($pipes[1], 8192); };
    foreach ($answers as $question => $answer) {
        wait_until(function () use ($read, &$said, &$seen, $question) { $read(); return str_contains(substr($said, strlen($seen)), $question); }, "the question $question, after: $said");
        $seen = $said;
        usleep(20_000);
        is_int($answer) ? proc_terminate($process, $answer) : fwrite($pipes[0], $answer);
    }
    $code = null;
    wait_until(function () use ($read, $process, &$code) { $read(); $status = proc_get_status($process); $code = $status['exitcode']; return !$status['running']; }, 'the end');
    $read();
    proc_close($process);
    return [$code, str_replace("\r\n", "\n", $said)];
};
[$code, $said] = $talk(['ask'], ['Name?' => "\n", 'Town?' => "\nBonn\n", 'Sure?' => "what\n", 'Please answer' => "YES\n", 'Which?' => "9\n", 'Please choose' => "2\n", 'Password?' => "hush\n"]);
check('answers', [$code, preg_match('~^\[.*\]$~m', $said, $found), $found[0] ?? $said], [0, 1, '["Ann","Bonn",true,"blue",4,true,true]']);
check('the secret does not show', str_contains($said, 'hush'), false);
check('the choices', str_contains($said, "  1) red\n  2) blue\n"), true);
[$code, $said] = $talk(['wait'], ['Password?' => SIGINT]);
check('SIGINT', [$code, str_contains($said, "finally\n"), str_contains($said, 'wait was interrupted')], [130, true, true]);
[$code, $said] = $talk(['wait'], ['Password?' => "\x04"]);
check('the end of input', [$code, str_contains($said, "nobody is there to answer 'Password?'")], [1, true]);
[$code, $said] = $talk(['progress']);
$said = str_replace(["\r", "\e[K", "\e[2K", "\e[32m", "\e[0m"], ["\n", '', '(cleared)', '(green)', '(/green)'], $said);
echo $code, preg_replace('~\d:\d\d~', 'N:NN', $said), "--\n";
[$code, $said] = $talk(['ask', '--no-interaction']);
check('nobody is asked', [$code, str_contains($said, "nobody is there to answer 'Town?'")], [1, true]);
?>
--EXPECT--
ok: answers
ok: the secret does not show
ok: the choices
ok: SIGINT
ok: the end of input
0
0/3 [>---------------------------]   0 %  N:NN  things
(cleared)(green)between(/green)

3/3 [============================] 100 %  N:NN  things
3/3 [============================] 100 %  N:NN  things
end
--
ok: nobody is asked
