--TEST--
Xdebug's profiler counts the calls of coroutines that interleave
--SKIPIF--
<?php if (!is_file(ini_get("extension_dir") . "/xdebug.so")) die("skip needs the extension xdebug"); ?>
--CONFLICTS--
all
--TIMEOUT--
90
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{Server, Workload};

$server = Server::start(Workload::server(), ini: [
    'zend_extension' => 'xdebug.so', 'xdebug.mode' => 'profile', 'xdebug.start_with_request' => 'yes', 'xdebug.log_level' => '0',
    'xdebug.output_dir' => getenv('TEST_TMP'), 'xdebug.use_compression' => '0', 'xdebug.profiler_output_name' => 'profile.%p',
]);
check('answers', Workload::drive($server, 2000), []);
check('exit code', $server->stop(), 0);
$profile = implode('', array_map(file_get_contents(...), glob(getenv('TEST_TMP') . '/profile.*')));
check('a profile of work()', preg_match('/^fn=\(\d+\) work$/m', $profile), 1);
preg_match('/^fn=(\(\d+\)) fails$/m', $profile, $found);
check('fails() was left by an exception each time', preg_match_all('/^fn=' . preg_quote($found[1] ?? '?') . '( fails)?$/m', $profile), 1980);
--EXPECT--
ok: answers
ok: exit code
ok: a profile of work()
ok: fails() was left by an exception each time
