--TEST--
Preloaded classes that extend, implement and use those of both faces
--EXTENSIONS--
highper
Zend OPcache
--INI--
opcache.enable_cli=1
opcache.preload={PWD}/preload.inc
opcache.preload_user=root
--FILE--
<?php
echo count(opcache_get_status()['preload_statistics']['classes']) >= 7 ? "preloaded\n" : "not preloaded\n";
require __DIR__ . '/uses.inc';
?>
--EXPECT--
at preload: 113
preloaded
113
Preloaded\Nappera Preloaded\Napperb Preloaded\Napperc 1
exit 3
Highper\Http\NotFound: note 8
Highper\Attribute\Get yes
