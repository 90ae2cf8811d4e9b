<?php
var_dump(extension_loaded('highper'), extension_loaded('swoole'), function_exists('swoole_version'), defined('SWOOLE_VERSION'));
?>
