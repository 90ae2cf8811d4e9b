--TEST--
Xdebug's develop mode collects stacks of coroutines that interleave
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

$server = Server::start(
    Workload::server(),
    ini: ['zend_extension' => 'xdebug.so', 'xdebug.mode' => 'develop', 'xdebug.log_level' => '0', 'xdebug.max_nesting_level' => '128'],
);
check('answers', Workload::drive($server, 3000), []);
check('exit code', $server->stop(), 0);
// Each exception that nobody caught comes with the stack of its own coroutine: it begins there, and has no frame of another.
preg_match_all('/^Call Stack:\n((?: .*\n)+)/m', $server->log(), $stacks);
check('a stack for each of 30', count(array_filter($stacks[1], fn ($stack) => preg_match('/^.* 2\. \{closure:.*\$q = .*\n\z/m', $stack))), 30);
check('and no others', array_filter($stacks[1], fn ($stack) => !preg_match('/\A.* 1\. \{fiber:/', $stack) || substr_count($stack, "\n") > 2), []);
check('nothing else', preg_match('/Fatal|Segmentation|Warning/', Workload::complaints($server)), 0);
--EXPECT--
ok: answers
ok: exit code
ok: a stack for each of 30
ok: and no others
ok: nothing else
