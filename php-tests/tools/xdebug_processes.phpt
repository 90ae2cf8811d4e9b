--TEST--
Processes beside the workers, and jobs by the clock, run with Xdebug
--SKIPIF--
<?php if (!is_file(ini_get("extension_dir") . "/xdebug.so")) die("skip needs the extension xdebug"); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    exit(Highper\Application::create(__DIR__)->settings(['workers' => 1])
        ->process('writes', function () { usleep(1000); file_put_contents(__DIR__ . '/process', 'wrote'); usleep(50_000_000); })
        ->cron('* * * * * *', function () { usleep(1000); file_put_contents(__DIR__ . '/job', 'wrote'); })
        ->get('/', fn () => 'here')
        ->run([$argv[0]]));
    PHP, ini: ['zend_extension' => 'xdebug.so', 'xdebug.mode' => 'develop']);
check('a process', wait_until(fn () => @file_get_contents(temp_path('process')), 'what the process writes', 10), 'wrote');
check('a job', wait_until(fn () => @file_get_contents(temp_path('job')), 'what the job writes', 10), 'wrote');
check('a request', $server->get('/')->body, 'here');
check('exit code', $server->stop(), 0);
--EXPECT--
ok: a process
ok: a job
ok: a request
ok: exit code
