<?php
/**
 * Plugin Name: Akismet to Moderator
 * Description: Lets the Akismet plugin ask a Moderator service of your own. Nothing goes to Akismet's servers.
 * Version: 1.0.0
 * License: Apache-2.0
 *
 * Copy this file into wp-content/mu-plugins/ and write into wp-config.php, above "stop editing":
 *
 *     define( 'MODERATOR_URL', 'https://moderate.news.example' );
 *     define( 'WPCOM_API_KEY', 'the 12 characters of your Akismet key' );
 */

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

const MODERATOR_TIMEOUT_SECONDS = 5; // The plugin would wait 15, while a reader waits.
const MODERATOR_RECHECK_SECONDS = 20; // How long one run of cron may ask about comments that wait.

add_filter( 'pre_http_request', 'moderator_answer_for_akismet', 10, 3 );
add_filter( 'akismet_enable_mshots', '__return_false' ); // Pictures of commenters' sites, made by a third party.
add_filter( 'akismet_comment_form_privacy_notice', 'moderator_hide_notice' );
add_action( 'init', 'moderator_keep_held_comments', 20 );
add_action( 'akismet_schedule_cron_recheck', 'moderator_ask_on', 20 );
add_filter( 'notify_moderator', 'moderator_keep_quiet', 10, 2 );
add_action( 'transition_comment_status', 'moderator_tell_approval', 20, 3 );

/**
 * Answer a request that is meant for Akismet by asking Moderator the same. Other requests pass.
 *
 * @param false|array|WP_Error $answer What another filter has answered, or false.
 * @param array                $request The arguments of the request.
 * @param string               $url Where it is meant to go.
 * @return false|array|WP_Error
 */
function moderator_answer_for_akismet( $answer, $request, $url ) {
	$host = (string) wp_parse_url( $url, PHP_URL_HOST );
	if ( false !== $answer || ! preg_match( '/(?:^|\.)rest\.akismet\.com$/i', $host ) ) {
		return $answer;
	}
	$path   = (string) wp_parse_url( $url, PHP_URL_PATH );
	$query  = (string) wp_parse_url( $url, PHP_URL_QUERY );
	$answer = moderator_ask( $path . ( '' === $query ? '' : '?' . $query ), $request, $host );
	if ( 'comment-check' !== basename( $path ) ) {
		return $answer;
	}
	if ( ! is_wp_error( $answer ) && ! in_array( $answer['body'], array( 'true', 'false' ), true ) ) {
		moderator_let_others_pass( $request['body'] );
	}
	return moderator_with_guid( $answer );
}

/**
 * Send a request to Moderator.
 *
 * Without a MODERATOR_URL it fails and goes nowhere.
 *
 * @param string $target The path and query. Whether the plugin wanted https does not count: MODERATOR_URL says it.
 * @param array  $request The arguments of the request.
 * @param string $host The host that was asked for.
 * @return array|WP_Error
 */
function moderator_ask( $target, $request, $host ) {
	$base = defined( 'MODERATOR_URL' ) ? rtrim( MODERATOR_URL, '/' ) : '';
	if ( ! preg_match( '~^https?://[^/]~i', $base ) ) {
		return new WP_Error( 'moderator_url', 'MODERATOR_URL in wp-config.php has to begin with https:// or http://' );
	}
	foreach ( array_keys( (array) $request['headers'] ) as $name ) {
		if ( 'host' === strtolower( $name ) ) {
			unset( $request['headers'][ $name ] ); // It names Akismet; the one that WordPress writes names Moderator.
		}
	}
	$request['body']        = moderator_with_key( $request['body'], $host );
	$request['timeout']     = min( (float) $request['timeout'], MODERATOR_TIMEOUT_SECONDS );
	$request['httpversion'] = '1.1'; // The plugin says 1.0, which some proxies refuse.
	// Whoever asked meant an address on the Internet; yours may be on this machine.
	$request['reject_unsafe_urls'] = false;
	return wp_remote_request( $base . $target, $request );
}

/**
 * Return an answer about a comment that a newer plugin acts upon.
 *
 * From about 5.5 on the plugin finds the comment again by the guid of the answer. Without one, as when nobody answers,
 * it forgets what it wanted and WordPress publishes. With one and no verdict, the comment waits and is checked again.
 *
 * @param array|WP_Error $answer What Moderator said.
 * @return array
 */
function moderator_with_guid( $answer ) {
	if ( ! is_wp_error( $answer ) && '' !== wp_remote_retrieve_header( $answer, 'x-akismet-guid' ) ) {
		return $answer;
	}
	return array(
		'headers'  => array( 'x-akismet-guid' => wp_generate_uuid4() ),
		'body'     => is_wp_error( $answer ) ? 'no answer' : wp_remote_retrieve_body( $answer ),
		'response' => array(
			'code'    => 200,
			'message' => 'OK',
		),
		'cookies'  => array(),
		'filename' => null,
	);
}

/**
 * Put a comment that still waits at the end of those that the plugin asks about again.
 *
 * @param mixed $body The fields that were sent.
 */
function moderator_let_others_pass( $body ) {
	wp_parse_str( (string) $body, $fields );
	if ( isset( $fields['recheck_reason'], $fields['comment_ID'] ) && 'retry' === $fields['recheck_reason'] ) {
		$id = (int) $fields['comment_ID'];
		delete_comment_meta( $id, 'akismet_error' );
		add_comment_meta( $id, 'akismet_error', time(), true );
		moderator_still_waiting( $id );
	}
}

/**
 * Return the comments that were asked about again in this run, and still wait.
 *
 * @param int|null $id One more.
 * @return int[]
 */
function moderator_still_waiting( $id = null ) {
	static $ids = array();
	if ( null !== $id ) {
		$ids[] = $id;
	}
	return $ids;
}

/**
 * Ask about the comments behind one that still waits: the plugin itself stops there, and would hold up all the others.
 */
function moderator_ask_on() {
	$until = time() + MODERATOR_RECHECK_SECONDS;
	$count = count( moderator_still_waiting() );
	while ( $count > 0 && time() < $until ) {
		Akismet::cron_recheck();
		$ids = moderator_still_waiting();
		if ( count( $ids ) === $count || count( array_unique( $ids ) ) < count( $ids ) ) {
			return; // Nothing is left to ask about, or all have been asked about.
		}
		$count = count( $ids );
	}
}

/**
 * No e-mail each time that the plugin asks about a comment which waits: it has its place in Moderator's queue.
 *
 * @param bool $notify Whether WordPress would write one.
 * @param int  $id The comment.
 * @return bool
 */
function moderator_keep_quiet( $notify, $id ) {
	return $notify && ! in_array( (int) $id, moderator_still_waiting(), true );
}

/**
 * Return a request's body with the key that older code writes in front of the host, unless a key is there already.
 *
 * @param mixed  $body The fields, as WordPress takes them: text, an array, or nothing.
 * @param string $host The host that was asked for: rest.akismet.com or KEY.rest.akismet.com.
 * @return mixed
 */
function moderator_with_key( $body, $host ) {
	$key = substr( $host, 0, -strlen( '.rest.akismet.com' ) );
	if ( '' === $key ) {
		return $body;
	}
	if ( is_array( $body ) ) {
		return $body + array( 'api_key' => $key );
	}
	if ( preg_match( '/(?:^|&)(?:api_)?key=/', (string) $body ) ) {
		return $body;
	}
	return ltrim( $body . '&api_key=' . rawurlencode( $key ), '&' );
}

/**
 * The notice under the form says that Akismet processes the comment, which is no longer so.
 *
 * @return string
 */
function moderator_hide_notice() {
	return 'hide';
}

/**
 * From 5.5 on the plugin publishes a held comment by a timer if nobody has decided. Here it waits for a person.
 */
function moderator_keep_held_comments() {
	remove_action( 'akismet_approval_fallback', array( 'Akismet', 'approval_fallback' ), 10 );
}

/**
 * Tell Moderator when somebody approves a comment that waits: the plugin itself only tells what leaves the spam folder.
 *
 * @param string     $new_status What the comment is now.
 * @param string     $old_status What it was.
 * @param WP_Comment $comment The comment.
 */
function moderator_tell_approval( $new_status, $old_status, $comment ) {
	if ( 'approved' !== $new_status || 'unapproved' !== $old_status || ! class_exists( 'Akismet' ) ) {
		return;
	}
	$id = $comment->comment_ID;
	// Nobody is signed in when the timer, the plugin's own check or Moderator's callback approves.
	if ( current_user_can( 'moderate_comments' ) && get_comment_meta( $id, 'akismet_as_submitted', true ) ) {
		Akismet::submit_nonspam_comment( $id );
	}
}
